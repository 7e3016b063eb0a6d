// A meeting in other people's calendars: planning it puts a REQUEST into the guest's mail that a parser of others reads (ical.js, which Thunderbird uses), moving it a
// higher version of the same, cancelling it a CANCEL; what the guest's calendar answers is on the meeting's page, and what anybody else's does is not. A worker's own
// meetings go into her calendar by an address that she can take back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import ICAL from 'ical.js'
import { checkAddress, checkPage } from '../lib/axe.mjs'
import { launch, openPage, steps } from '../lib/browser.mjs'
import { sendMail } from '../lib/mail.mjs'
import { mailWith, received, signIn } from '../lib/people.mjs'
import { until } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const HANNAH = 'hannah.cole@northvale.example'
const TITLE = 'Before the summer'

/** The calendar part of a mail, as the bytes of the mail have it: the last alternative, in base64. */
async function calendarOf(world, mail) {
  const raw = (await (await fetch(`${world.mailbox_http}/messages/${mail.id}/raw`)).text()).replace(/\r\n/g, '\n')
  const [, boundary] = /Content-Type: multipart\/alternative;\s*boundary="?([^"\n;]+)/i.exec(raw)
  const parts = raw.split(`--${boundary}`).slice(1, -1)
  const last = parts.at(-1)
  const header = last.slice(0, last.indexOf('\n\n'))
  assert.match(header, /Content-Type: text\/calendar; method=(REQUEST|CANCEL); charset=utf-8/i)
  assert.match(header, /Content-Transfer-Encoding: base64/i)
  const text = Buffer.from(last.slice(last.indexOf('\n\n')), 'base64').toString('utf8')
  const calendar = new ICAL.Component(ICAL.parse(text))
  for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone)
  const event = calendar.getFirstSubcomponent('vevent')
  const value = (name) => event.getFirstPropertyValue(name)
  return {
    text, method: calendar.getFirstPropertyValue('method'), uid: value('uid'), sequence: value('sequence'), starts: value('dtstart').toJSDate(), ends: value('dtend').toJSDate(), summary: value('summary'),
    description: value('description') ?? '', organizer: value('organizer').replace(/^mailto:/, ''), attendee: value('attendee').replace(/^mailto:/, ''), zone: value('dtstart').zone.tzid,
  }
}

/** What the guest's calendar program sends back. */
function answer(world, asked, partstat, { from = HANNAH, method = 'REPLY', stamp = new Date(), comment = '', times = '' } = {}) {
  const at = (d) => d.toISOString().replace(/[-:]|\.\d+/g, '')
  const ics = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Northvale//Mail//EN', `METHOD:${method}`, 'BEGIN:VEVENT', `UID:${asked.uid}`, `SEQUENCE:${asked.sequence}`, `DTSTAMP:${at(stamp)}`,
    ...(times ? times : [`DTSTART:${at(asked.starts)}`, `DTEND:${at(asked.ends)}`]), `ORGANIZER:mailto:${asked.organizer}`, `ATTENDEE;PARTSTAT=${partstat}:mailto:${from}`, ...(comment ? [`COMMENT:${comment}`] : []),
    'SUMMARY:Accepted: Meeting', 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n')
  return sendMail({ server: world.smtp, from, to: asked.organizer, subject: 'Accepted: Meeting', body: ics,
    headers: { 'MIME-Version': '1.0', 'Content-Type': `text/calendar; method=${method}; charset=UTF-8`, 'Message-ID': `<${Math.random().toString(36).slice(2)}@northvale.example>` } })
}

test('a meeting in calendars', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const step = steps(t)
  const page = await signIn(t, browser, world, 'rhian.price@pact.example', { expect: [/status of 422/] })
  const before = new Set((await received(world, HANNAH)).map((m) => m.id))
  const next = (subject) => mailWith(world, HANNAH, (m) => !before.has(m.id) && m.subject === subject)
  const maya = world.mothers.find((m) => m.name === 'Maya Reed')
  const day = new Date(Date.now() + 9 * 86_400_000).toISOString().slice(0, 10)
  const later = new Date(Date.now() + 11 * 86_400_000).toISOString().slice(0, 10)
  const wall = (d) => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/London', dateStyle: 'short', timeStyle: 'short' }).format(d)
  let asked, address
  const row = () => page.getByRole('row').filter({ hasText: 'Hannah Cole' }).filter({ hasText: 'Guest' })

  await step('planning it in the browser mails a REQUEST', async () => {
    await page.goto(`/cases/${maya.case_id}/plan`)
    if (await page.getByRole('button', { name: 'Continue' }).count()) { // about which children
      await page.getByRole('checkbox').first().check()
      await page.getByRole('button', { name: 'Continue' }).click()
    }
    await page.getByLabel('Kind of meeting').selectOption('child_in_need')
    await page.getByLabel('Title').fill(TITLE)
    await page.getByLabel('Day').fill(day)
    await page.getByLabel('Starts at').fill('14:00')
    await page.getByLabel('Where she takes part').selectOption({ label: 'No place yet' })
    await page.getByLabel('Hannah Cole').check()
    await page.getByRole('button', { name: 'Plan the meeting' }).click()
    await page.getByText('Meeting planned').waitFor()
    address = new URL(page.url()).pathname
    const mail = await next('An invitation to a meeting')
    before.add(mail.id)
    asked = await calendarOf(world, mail)
    const link = /https?:\/\/\S+\/guest\/\S+/.exec(mail.text)[0]
    assert.deepEqual([asked.method, asked.sequence, asked.attendee, asked.organizer, asked.zone], ['REQUEST', 0, HANNAH, mail.from, 'Europe/London'])
    assert.equal(wall(asked.starts), `${day} 14:00`)
    assert.ok(asked.description.includes(link), asked.description)
    for (const word of ['Maya', 'Reed', TITLE, 'Rhian', 'HMP', 'prison', 'child']) assert.ok(!asked.text.replace(/\r\n /g, '').includes(word), `${word} is in the calendar entry`)
    assert.ok(await row().getByText('Not yet').isVisible())
  })

  await step('her calendar’s answer is on the page, and nobody else’s', async () => {
    assert.equal((await answer(world, asked, 'DECLINED', { from: 'somebody@elsewhere.example' })).code, 0)
    assert.equal((await answer(world, asked, 'ACCEPTED', { stamp: new Date(Date.now() - 60_000) })).code, 0)
    await until('the answer to be shown', async () => {
      await page.goto(address)
      return row().getByText('Accepted', { exact: true }).isVisible()
    }, { every: 300 })
    assert.equal((await answer(world, asked, 'DECLINED', { stamp: new Date(Date.now() - 3_600_000) })).code, 0) // overtaken in the post
    const proposed = later.replaceAll('-', '')
    const counter = await answer(world, asked, 'TENTATIVE', { method: 'COUNTER', comment: 'After half past three?', times: [`DTSTART;TZID=Europe/London:${proposed}T153000`, `DTEND;TZID=Europe/London:${proposed}T163000`] })
    assert.equal(counter.code, 0)
    await until('the counter-proposal to be shown', async () => {
      await page.goto(address)
      return row().getByText('Proposes another time').isVisible()
    }, { every: 300 })
    assert.match(await row().innerText(), /3:30pm \([A-Z]+\) to 4:30pm.*After half past three\?/s)
    await checkAddress(page, 'meeting-answered', address)
  })

  await step('moving it is checked, then mails a higher version of the same entry', async () => {
    await page.goto(`${address}?lang=en`)
    await page.getByRole('button', { name: 'Move this meeting' }).click()
    await checkAddress(page, 'meeting-move', `${address}/move`)
    await page.getByLabel('Day').fill('2020-01-01')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('The meeting must start in the future').first().waitFor()
    await checkPage(page, 'meeting-move-error')
    await page.getByLabel('Day').fill(later)
    await page.getByLabel('Starts at').fill('15:30')
    await page.getByLabel('Why it is moved').fill('Hannah asked for the afternoon.')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('heading', { level: 1, name: 'Check the new times' }).waitFor()
    await checkPage(page, 'meeting-move-check')
    await page.getByRole('button', { name: 'Change the times' }).click()
    assert.equal(await page.getByLabel('Starts at').inputValue(), '15:30')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Move the meeting' }).click()
    await page.getByText('The meeting has new times').waitFor()
    assert.ok(await row().getByText('Not yet').isVisible(), 'she is asked anew')
    const mail = await next('A meeting has another time')
    before.add(mail.id)
    const moved = await calendarOf(world, mail)
    assert.deepEqual([moved.method, moved.uid, moved.organizer, moved.sequence], ['REQUEST', asked.uid, asked.organizer, 1])
    assert.equal(wall(moved.starts), `${later} 15:30`)
    assert.ok(!mail.text.includes('afternoon'), 'the reason is for staff')
    assert.equal((await answer(world, asked, 'DECLINED')).code, 0) // to the old times
    assert.equal((await answer(world, moved, 'ACCEPTED')).code, 0)
    await until('the new answer to be shown', async () => {
      await page.goto(address)
      return row().getByText('Accepted', { exact: true }).isVisible()
    }, { every: 300 })
    await checkAddress(page, 'meeting-moved', address)
  })

  await step('a worker’s meetings in her own calendar, by an address that she can take back', async () => {
    await page.goto('/meetings?lang=en')
    await page.getByRole('link', { name: 'Connect your calendar' }).click()
    await checkAddress(page, 'calendar-none', '/calendar')
    await page.getByRole('button', { name: 'Make an address' }).click()
    const feed = new URL((await page.locator('code').innerText()).trim())
    await checkPage(page, 'calendar-made')
    const got = await fetch(world.http + feed.pathname)
    assert.deepEqual([got.status, got.headers.get('content-type'), got.headers.get('cache-control')], [200, 'text/calendar; charset=utf-8', 'private, max-age=300'])
    const text = await got.text()
    const entries = new ICAL.Component(ICAL.parse(text)).getAllSubcomponents('vevent')
    assert.ok(entries.some((e) => e.getFirstPropertyValue('sequence') === 1), text)
    for (const word of ['Maya', 'Reed', 'Hannah', TITLE]) assert.ok(!text.includes(word), `${word} is in the feed`)
    assert.equal((await fetch(world.http + feed.pathname, { headers: { 'If-None-Match': got.headers.get('etag') } })).status, 304)
    await page.getByRole('button', { name: 'Take the address back' }).click()
    await page.getByText('no longer works').waitFor()
    const gone = await fetch(world.http + feed.pathname)
    const never = await fetch(world.http + '/calendar/feed/' + '0'.repeat(32))
    assert.deepEqual([gone.status, never.status], [404, 404])
  })

  await step('a published calendar that Kinbridge must not connect to is said so', async () => {
    await page.getByLabel('Address of your published calendar').fill('http://cal.example/a.ics')
    await page.getByRole('button', { name: 'Read this calendar' }).click()
    await page.getByText('must begin with https://').first().waitFor()
    await checkPage(page, 'calendar-error')
    await page.getByLabel('Address of your published calendar').fill('https://127.0.0.1:1/secret-part/a.ics')
    await page.getByRole('button', { name: 'Read this calendar' }).click()
    await page.getByText('Your calendar will be read').waitFor()
    await until('the trouble to be shown', async () => {
      await page.goto('/calendar')
      return page.getByText('must not connect to').isVisible()
    }, { every: 500 })
    assert.ok(!(await page.content()).includes('secret-part'))
    await checkAddress(page, 'calendar-trouble', '/calendar')
    await page.goto('/calendar?lang=en')
    await page.getByRole('button', { name: 'Stop reading it' }).click()
    await page.getByText('no longer read').waitFor()
  })

  await step('cancelling it mails a CANCEL', async () => {
    await page.goto(address)
    await page.getByRole('button', { name: 'Cancel this meeting' }).click()
    await page.getByRole('button', { name: 'Cancel the meeting' }).click()
    const off = await calendarOf(world, await next('A meeting is cancelled'))
    assert.deepEqual([off.method, off.uid, off.sequence, off.description], ['CANCEL', asked.uid, 2, ''])
    await page.goto(address)
    assert.equal(await page.getByRole('button', { name: 'Move this meeting' }).count(), 0)
    await auditVerifies(world)
  })
})
