// Where and when: a prison enters its regime, a worker finds a time at which it can be, two who want one place at once are told who was quicker, a lockdown puts a booked meeting
// before her again, an invitation gets a place, and in the weeks when the clocks change the times are those on the wall.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAddress, checkPage } from '../lib/axe.mjs' // the pages that links lead to are looked at whole, in both languages, by the crawl
import { KIOSK, launch, steps } from '../lib/browser.mjs'
import { sendRaw } from '../lib/mail.mjs'
import { api, enrol, openKiosk, signIn, threadWith, unlock } from '../lib/people.mjs'
import { until } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const LEAH = 'leah.quist@southmere.example'
const DAY = 86_400_000
const iso = (d) => new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/London', year: 'numeric', month: '2-digit', day: '2-digit' }).format(d)

/** Tuesdays, Wednesdays and Thursdays from a fortnight ahead, outside Christmas: ordinary days of any regime. */
function ordinaryDays(n) {
  const out = []
  for (let t = Date.now() + 16 * DAY; out.length < n; t += DAY) {
    const d = new Date(`${iso(t)}T12:00:00Z`)
    const md = (d.getUTCMonth() + 1) * 100 + d.getUTCDate()
    if ([2, 3, 4].includes(d.getUTCDay()) && md > 103 && md < 1220) out.push(iso(d))
  }
  return out
}

/** The next Sundays on which the clocks change: the last of March and of October. */
function clockChanges() {
  const out = []
  for (let year = new Date().getFullYear(); out.length < 2; year++) {
    for (const month of [2, 9]) {
      const d = new Date(Date.UTC(year, month + 1, 0, 12))
      d.setUTCDate(d.getUTCDate() - d.getUTCDay())
      if (d.getTime() > Date.now() + 4 * DAY && out.length < 2) out.push(d)
    }
  }
  return out
}

/** Opens what is held for a mother and has these words in it, once it is there. */
function openHeld(page, mother, words) {
  return until(`${words} in the queue`, async () => {
    await page.goto('/queue')
    const links = page.getByRole('listitem').filter({ hasText: mother }).getByRole('link')
    for (let i = (await links.count()) - 1; i >= 0; i--) {
      await page.goto('/queue')
      await links.nth(i).click()
      if (await page.getByText(words).first().isVisible()) return true
    }
    return false
  })
}

/** Fills the planning form of a case up to its time; child is chosen first where the case has several. */
async function fillPlan(page, caseId, { child, day, clock, where }) {
  await page.goto(`/cases/${caseId}/plan${child ? `?child=${child}` : ''}`)
  await page.getByLabel('Kind of meeting').selectOption('core_group')
  await page.getByLabel('Day', { exact: true }).fill(day)
  await page.getByLabel('Starts at').fill(clock)
  await page.getByLabel('Where she takes part').selectOption({ label: where })
}

test('where and when', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const step = steps(t)
  const maya = world.mothers.find((m) => m.name === 'Maya Reed')
  const joanna = world.mothers.find((m) => m.name === 'Joanna Sims')
  const rhian = await signIn(t, browser, world, 'rhian.price@pact.example', { expect: [/status of 422/] })
  const moira = await signIn(t, browser, world, 'moira.finch@pact.example', { expect: [/status of 422/] })
  const paul = await signIn(t, browser, world, 'paul.stead@fenbrook.example', { expect: [/status of 422/] })
  const ella = (await api(world, 'GET', `/cases/${maya.case_id}`)).children.find((k) => k.name === 'Ella Reed').id
  const [clashDay, unlockDay, raceDay, inviteDay] = ordinaryDays(4)
  let wing, booked, bookedDay

  await step('a prison enters when its women are unlocked, and is told what is wrong', async () => {
    await paul.getByRole('link', { name: 'Regime and places' }).click()
    await checkAddress(paul, 'staff-regime', '/regime', { langs: ['en'], widths: [320] })
    await paul.getByRole('link', { name: 'A wing', exact: true }).click()
    await paul.getByRole('heading', { name: 'When A wing is unlocked' }).waitFor()
    wing = new URL(paul.url()).pathname
    await checkAddress(paul, 'staff-wing', wing, { langs: ['en'], widths: [320] })
    await paul.getByLabel('Monday').fill('08:15-11:45, 11:00-12:00')
    await paul.getByLabel('Tuesday').fill('8.15 to 11.45; 13:45-16:30')
    await paul.getByRole('button', { name: 'Save the week' }).click()
    await paul.getByText('Monday: The times of unlock 08:15-11:45 and 11:00-12:00 overlap.').first().waitFor()
    assert.equal(await paul.getByLabel('Monday').inputValue(), '08:15-11:45, 11:00-12:00')
    assert.equal(await paul.getByLabel('Tuesday').inputValue(), '8.15 to 11.45; 13:45-16:30')
    await checkPage(paul, 'staff-wing-error', { widths: [320] })
    await paul.getByLabel('Monday').fill('08:15-11:45, 13:45-16:30')
    await paul.getByRole('button', { name: 'Save the week' }).click()
    await paul.getByText('The week is saved').waitFor()
    assert.equal(await paul.getByLabel('Tuesday').inputValue(), '08:15-11:45, 13:45-16:30')
    await paul.goto('/regime')
    await paul.getByLabel('Name', { exact: true }).fill('Chaplaincy')
    await paul.getByLabel('Video room', { exact: true }).check()
    await paul.getByLabel('How many minutes').fill('90')
    await paul.getByRole('button', { name: 'Add the place' }).click()
    await paul.getByText('The walk takes between 0 and 45 minutes').first().waitFor()
    await paul.getByLabel('How many minutes').fill('15')
    await paul.getByRole('button', { name: 'Add the place' }).click()
    await paul.getByText('The place is added').waitFor()
    await paul.getByRole('link', { name: 'Stop using Chaplaincy' }).click()
    await checkAddress(paul, 'staff-place-withdraw', new URL(paul.url()).pathname, { langs: ['en'], widths: [320] })
    await paul.getByRole('button', { name: 'Stop using this place' }).click()
    await paul.getByText('The place is not used any more').waitFor()
    assert.equal(await paul.getByRole('link', { name: 'Stop using Chaplaincy' }).count(), 0)
  })

  await step('the best time that is found becomes a meeting with a place', async () => {
    await rhian.goto(`/cases/${maya.case_id}`)
    await rhian.getByRole('button', { name: 'Find a time' }).click()
    await rhian.getByRole('button', { name: 'Find times' }).click()
    await rhian.getByText('Choose what kind of meeting it is').first().waitFor()
    await checkPage(rhian, 'staff-times-error', { widths: [320] })
    await rhian.getByLabel('Kind of meeting').selectOption('looked_after_review')
    await rhian.getByLabel('Ella Reed').check()
    await rhian.getByLabel('Moira Finch').check()
    await rhian.getByLabel('How many people sit with her?').fill('1')
    await rhian.getByRole('button', { name: 'Find times' }).click()
    await rhian.getByRole('group', { name: 'Best times' }).waitFor()
    const address = new URL(rhian.url())
    assert.ok(!/Maya|Ella|Moira/.test(address.search), 'the address holds a name')
    for (const one of await rhian.locator('details.kb-day > summary').all()) await one.click()
    await rhian.getByText(/10:45am to 1:45pm: she would be locked up/).first().waitFor()
    await rhian.getByText(/no place is left.*Kiosk, A wing: no room for those who sit with her/).first().waitFor()
    await checkPage(rhian, 'staff-times-open')
    await checkAddress(rhian, 'staff-times', address.pathname + address.search)
    bookedDay = (await rhian.getByRole('radio').first().getAttribute('value')).slice(0, 10)
    await rhian.getByRole('link', { name: 'Ask people outside which of these times suit' }).click()
    assert.equal(await rhian.locator('[name=day1]').inputValue(), bookedDay, 'the question does not begin with the best times')
    await rhian.goto(address.href)
    const best = rhian.getByRole('radio').first()
    await best.check()
    await rhian.getByRole('button', { name: 'Plan it at this time' }).click()
    assert.equal(await rhian.getByLabel('Day', { exact: true }).inputValue(), bookedDay)
    assert.match(await rhian.getByLabel('Where she takes part').inputValue(), /^plc_/)
    assert.ok(await rhian.getByLabel('Moira Finch').isChecked())
    await rhian.getByLabel('Title').fill('The review with a place')
    await rhian.getByRole('button', { name: 'Plan the meeting' }).click()
    await rhian.getByText('Meeting planned').waitFor()
    booked = new URL(rhian.url()).pathname
    await rhian.getByText(/^Video room [12]Picked up at/).waitFor()
    await checkAddress(rhian, 'staff-meeting-place', `${booked}/place`, { langs: ['en'], widths: [320] })
    const seen = await api(world, 'GET', booked)
    assert.equal(seen.place.kind, 'video_room')
    assert.deepEqual(seen.about, ['Ella Reed'])
    assert.equal(Date.parse(seen.starts) - Date.parse(seen.place.pick_up), 25 * 60_000) // a quarter of an hour before, and the walk
  })

  await step('her kiosk says where she goes, and when she is fetched', async () => {
    const kiosk = await openKiosk(t, browser, world)
    await enrol(kiosk, world)
    await unlock(kiosk, world, 'Maya Reed')
    await kiosk.goto('/kiosk/meetings')
    await kiosk.getByText(/An officer comes for you at .* You go to Video room/).waitFor()
    await checkAddress(kiosk, 'kiosk-meetings-place', '/kiosk/meetings', { widths: [KIOSK.width] })
  })

  await step('a time that clashes is explained, and others near it are offered', async () => {
    await fillPlan(rhian, joanna.case_id, { day: clashDay, clock: '12:30', where: 'The best place that is free' })
    await rhian.getByRole('button', { name: 'Plan the meeting' }).click()
    await rhian.getByRole('heading', { name: 'She cannot be there at that time' }).waitFor()
    await rhian.getByText('The reason: she would be locked up.').waitFor()
    assert.equal(await rhian.getByLabel('Starts at').inputValue(), '12:30')
    assert.equal(await rhian.getByRole('group', { name: 'What do you want to do?' }).getByRole('radio').count(), 4)
    await checkPage(rhian, 'staff-plan-clash')
    await rhian.getByRole('group', { name: 'What do you want to do?' }).getByRole('radio').first().check()
    await rhian.getByRole('button', { name: 'Continue' }).click()
    await rhian.getByText('Meeting planned').waitFor()
    await rhian.getByText(/Picked up at/).waitFor()
    // The wing can unlock her for it, when somebody says that it will.
    await fillPlan(rhian, joanna.case_id, { day: unlockDay, clock: '12:30', where: 'Video room 2' })
    await rhian.getByRole('button', { name: 'Plan the meeting' }).click()
    await rhian.getByLabel('Keep this time and place: the wing will unlock her for it').check()
    await rhian.getByRole('button', { name: 'Continue' }).click()
    await rhian.getByText(/The wing unlocks her for it/).waitFor()
  })

  await step('of two who want one place at once, one gets it and the other is offered others', async () => {
    await fillPlan(rhian, joanna.case_id, { day: raceDay, clock: '14:30', where: 'Video room 1' })
    await fillPlan(moira, maya.case_id, { child: ella, day: raceDay, clock: '14:30', where: 'Video room 1' })
    await Promise.all([rhian, moira].map((p) => p.getByRole('button', { name: 'Plan the meeting' }).click()))
    const quicker = (p) => p.getByRole('heading', { name: 'Somebody else was quicker: the place has just been taken' })
    const got = await Promise.all([rhian, moira].map(async (p) => {
      await p.getByText('Meeting planned').or(quicker(p)).first().waitFor()
      return !(await quicker(p).isVisible())
    }))
    assert.deepEqual([...got].sort(), [false, true], 'one has the place')
    const late = got[0] ? moira : rhian
    assert.deepEqual([await late.getByLabel('Starts at').inputValue(), await late.getByLabel('Day', { exact: true }).inputValue()], ['14:30', raceDay])
    await checkPage(late, 'staff-plan-quicker', { widths: [320] })
    await late.getByRole('group', { name: 'What do you want to do?' }).getByRole('radio').first().check()
    await late.getByRole('button', { name: 'Continue' }).click()
    await late.getByText('Meeting planned').waitFor()
    await late.getByText(/Picked up at/).waitFor()
  })

  await step('a lockdown puts the meeting before who planned it', async () => {
    const kit = await signIn(t, browser, world, 'kit.marsh@fenbrook.example', { expect: [/status of 422/] })
    await kit.goto(wing)
    assert.equal(await kit.getByRole('button', { name: 'Save the week' }).count(), 0)
    await kit.getByRole('button', { name: 'Save these days' }).click()
    await kit.getByText('Choose what is different').first().waitFor()
    await kit.getByLabel('First day').fill(bookedDay)
    await kit.getByLabel('Locked up all day').check()
    await kit.getByLabel('lockdown').check()
    await kit.getByRole('button', { name: 'Save these days' }).click()
    await kit.getByText(/[12] booked meetings? do(es)? not hold with these times/).waitFor()
    await checkPage(kit, 'staff-wing-lockdown', { widths: [320] })
    await rhian.goto('/')
    const row = rhian.getByRole('table', { name: 'Meetings that need a place' }).getByRole('row').filter({ hasText: 'The review with a place' })
    await row.getByText('Does not hold').waitFor()
    await checkAddress(rhian, 'staff-home-places', '/', { langs: ['en'], widths: [320] })
    await rhian.goto(booked)
    await rhian.getByText('She would be locked up then').waitFor()
    // Moved to a day that is like others, it has a place again.
    await rhian.getByRole('button', { name: 'Move this meeting' }).click()
    await rhian.getByRole('link', { name: 'Find a time when she is unlocked' }).click()
    await rhian.getByText('Another time for: The review with a place').waitFor()
    await rhian.getByRole('button', { name: 'Find times' }).click()
    await rhian.getByRole('radio').first().check()
    await rhian.getByRole('button', { name: 'Move it to this time' }).click()
    await rhian.getByRole('button', { name: 'Continue' }).click()
    await checkPage(rhian, 'staff-move-place', { widths: [320] })
    await rhian.getByRole('button', { name: 'Move the meeting' }).click()
    await rhian.getByText(/The meeting has new times/).waitFor()
    assert.equal(await rhian.getByText('She would be locked up then').count(), 0)
    await rhian.getByText(/Picked up at/).waitFor()
  })

  await step('an invitation is judged before it is booked, and gets a place', async () => {
    const dana = await signIn(t, browser, world, 'dana.okoro@pact.example')
    await openHeld(dana, 'Leanne Ward', 'Please join the core group.')
    await dana.getByText('She cannot be there then: she would be locked up').waitFor()
    await dana.getByRole('heading', { name: 'Times that week that would do' }).waitFor()
    await checkAddress(dana, 'staff-invitation-clash', new URL(dana.url()).pathname, { langs: ['en'], widths: [320] })
    assert.ok(await dana.locator('[name=day1]').inputValue(), 'the times that would do are not those that would be proposed')
    const to = threadWith(world, { mother: 'Joanna Sims', channel: 'official', email: LEAH }).reply_address
    const day = inviteDay.replaceAll('-', '')
    const data = ['From: Leah Quist <' + LEAH + '>', `To: ${to}`, 'Subject: Core group', `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`, `Message-ID: <${Date.now()}@southmere.example>`, 'MIME-Version: 1.0',
      'Content-Type: text/calendar; charset="utf-8"; method=REQUEST', '', 'BEGIN:VCALENDAR', 'METHOD:REQUEST', 'VERSION:2.0', 'PRODID:-//example//EN', 'BEGIN:VEVENT', `ORGANIZER;CN=Leah Quist:mailto:${LEAH}`,
      `ATTENDEE;RSVP=TRUE:mailto:${to}`, 'SUMMARY:Core group for Rory', `DTSTART;TZID=Europe/London:${day}T143000`, `DTEND;TZID=Europe/London:${day}T153000`, 'UID:rory@southmere.example', `DTSTAMP:${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`,
      'SEQUENCE:0', 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n')
    assert.equal((await sendRaw({ server: world.smtp, from: LEAH, to, data })).code, 0)
    await openHeld(rhian, 'Joanna Sims', 'Core group for Rory')
    await rhian.getByText(/(Kiosk, B wing|Video room [12])\. Picked up at 2:(05|15)pm, back at 3:(45|55)pm/).waitFor()
    await rhian.getByLabel('Kind of meeting').selectOption('core_group')
    await rhian.getByRole('button', { name: 'Book' }).click()
    await rhian.getByText(/^(Kiosk, B wing|Video room [12])Picked up at 2:(05|15)pm/).waitFor()
  })

  await step('in the weeks when the clocks change the times are those on the wall', async () => {
    for (const sunday of clockChanges()) {
      const [from, to] = [iso(sunday.getTime() - DAY), iso(sunday.getTime() + DAY)]
      const zones = sunday.getUTCMonth() === 2 ? ['GMT', 'BST'] : ['BST', 'GMT']
      await rhian.goto(`/cases/${maya.case_id}/times?${new URLSearchParams({ kind: 'core_group', length: '60', from, to, earliest: '08:00', latest: '17:00', days: 'all' })}`)
      const days = rhian.locator('details.kb-day')
      assert.equal(await days.count(), 3)
      const firsts = []
      for (const [i, zone] of zones.entries()) {
        await days.nth(i).locator('summary').click()
        assert.match(await days.nth(i).locator('summary').innerText(), new RegExp(`\\(${zone}\\)`))
        firsts.push((await days.nth(i).locator('.kb-times a').first().innerText()).split(',')[0].trim())
      }
      assert.deepEqual(firsts, ['9:15am', '9:15am'])
      await days.nth(1).locator('.kb-times a').first().click()
      await rhian.getByRole('heading', { level: 1, name: 'Plan a meeting' }).waitFor()
      if (await rhian.getByRole('button', { name: 'Continue' }).count()) {
        await rhian.getByLabel('Ella Reed').check()
        await rhian.getByRole('button', { name: 'Continue' }).click()
      }
      assert.equal(await rhian.getByLabel('Starts at').inputValue(), '09:15')
      await rhian.getByRole('button', { name: 'Plan the meeting' }).click()
      await rhian.getByText('Meeting planned').waitFor()
      await rhian.getByText(`Picked up at 9am (${zones[1]})`).waitFor()
    }
    await auditVerifies(world)
  })
})
