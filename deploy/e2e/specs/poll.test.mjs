// Her worker asks two councils by email when a meeting can be held. They answer by a link without an account, one of them without JavaScript and on a narrow screen; one changes her
// answer; mail scanners that follow the link change nothing. A time is chosen, the meeting is planned from it, who is invited gets an invitation, and the other a neutral note.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAddress, checkPage, noSidewaysScroll, shot } from '../lib/axe.mjs'
import { launch, openPage, steps } from '../lib/browser.mjs'
import { enrol, mailWith, openKiosk, received, signIn, unlock } from '../lib/people.mjs'
import { until } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const HANNAH = 'hannah.cole@northvale.example'
const LEAH = 'leah.quist@southmere.example'
const PRIVATE = /Maya|Reed|Ella|Tom\b|KB-1001|Fenbrook|prison|core group/i

// a day in London so many days from now, as a date box takes it
const dayIn = (days) => new Date(Date.now() + days * 86400e3).toLocaleDateString('en-CA', { timeZone: 'Europe/London' })
// the same day as a mail writes it
const inWords = (day) => new Date(`${day}T12:00:00Z`).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
const linkIn = (mail) => new URL(/https?:\/\/\S+\/poll\/[0-9a-z]+/.exec(mail.text)[0]).pathname

test('people outside are asked for a time, and the meeting is planned from their answers', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const step = steps(t)
  const rhian = await signIn(t, browser, world, 'rhian.price@pact.example', { expect: [/422/] })
  const main = rhian.getByRole('main')
  const first = dayIn(20)
  const second = dayIn(21)
  const links = {}
  let poll

  await step('her worker asks from the page of the case', async () => {
    await rhian.goto(`/cases/${world.mothers[0].case_id}`)
    await rhian.getByRole('button', { name: 'Ask for a time' }).click()
    await main.getByRole('checkbox', { name: 'Ella Reed' }).check()
    await main.getByRole('checkbox', { name: 'Tom Reed' }).check()
    await rhian.getByRole('button', { name: 'Continue' }).click()
    // Times can be offered by the page's address, as a search for free times does.
    await rhian.goto(`${new URL(rhian.url()).pathname}${new URL(rhian.url()).search}&slot=${second}T10:30&slot=nonsense`)
    const one = main.getByRole('group', { name: 'Time 1', exact: true })
    const two = main.getByRole('group', { name: 'Time 2', exact: true })
    assert.equal(await one.getByLabel('Day').inputValue(), second)
    assert.equal(await one.getByLabel('Starts at').inputValue(), '10:30')
    await two.getByLabel('Day').fill(first)
    await rhian.getByRole('button', { name: 'Ask them' }).click()
    const summary = rhian.getByRole('alert')
    for (const words of ['Choose what kind of meeting it is', 'Enter a time such as 14:00', 'Choose whom to ask']) await summary.getByText(words).waitFor()
    assert.equal(await two.getByLabel('Day').inputValue(), first, 'what was typed is gone')
    await checkPage(rhian, 'staff-poll-ask-errors')
    await two.getByLabel('Starts at').fill('14:00')
    await rhian.getByLabel('Kind').selectOption({ label: 'Core group' })
    const asked = main.getByRole('group', { name: 'Whom to ask' })
    await asked.getByRole('checkbox', { name: /Hannah Cole/ }).check()
    await asked.getByRole('checkbox', { name: /Leah Quist/ }).check()
    await rhian.getByRole('button', { name: 'Ask them' }).click()
    await summary.getByText('each would learn that the other takes part').waitFor()
    await rhian.getByRole('checkbox', { name: /I mean to bring them together/ }).check()
    await rhian.getByRole('button', { name: 'Ask them' }).click()
    await rhian.getByText('They are being asked by email').waitFor()
    await main.getByText('0 of 2 have answered').waitFor()
    poll = new URL(rhian.url()).pathname
  })

  await step('each gets a link of her own, and no word about the family', async () => {
    for (const address of [HANNAH, LEAH]) {
      const mail = await mailWith(world, address, (m) => m.subject === 'When could a meeting be held?')
      assert.doesNotMatch(mail.subject + mail.text, PRIVATE)
      links[address] = linkIn(mail)
    }
    assert.notEqual(links[HANNAH], links[LEAH])
    // What looks into mail follows every link, more than once.
    for (const address of [HANNAH, LEAH, HANNAH]) {
      const page = await fetch(world.http + links[address])
      assert.equal(page.status, 200)
      assert.match(page.headers.get('cache-control'), /no-store/)
      assert.doesNotMatch(await page.text(), PRIVATE)
    }
    await rhian.reload()
    await main.getByText('0 of 2 have answered').waitFor()
  })

  await step('one answers without JavaScript, on a narrow screen, in Welsh', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 320, height: 640 }, baseURL: world.http, locale: 'cy-GB' })
    const hannah = await context.newPage()
    await hannah.goto(links[HANNAH])
    await hannah.getByRole('heading', { level: 1, name: 'Pa rai o’r amserau hyn' }).waitFor()
    await noSidewaysScroll(hannah, 'poll-no-script')
    await shot(hannah, 'guest-poll-cy-320-no-script')
    await hannah.getByRole('button', { name: 'Parhau' }).click()
    await hannah.getByText('Dywedwch a allech gymryd rhan').first().waitFor()
    for (const group of await hannah.getByRole('group').all()) await group.getByRole('radio', { name: 'Gallwn' }).check()
    await hannah.getByRole('button', { name: 'Parhau' }).click()
    await hannah.getByRole('heading', { level: 1, name: 'Gwiriwch eich ateb' }).waitFor()
    await hannah.getByRole('button', { name: 'Anfon fy ateb' }).click()
    await hannah.getByRole('heading', { level: 1, name: 'Mae eich ateb gennym' }).waitFor()
    await noSidewaysScroll(hannah, 'poll-thanks-no-script')
    await context.close()
  })

  await step('the other answers, and changes her answer', async () => {
    const leah = await openPage(t, browser, { baseURL: world.http })
    await checkAddress(leah, 'guest-poll', links[LEAH])
    const groups = leah.getByRole('group')
    assert.match(await groups.nth(0).innerText(), /2pm to 3pm \(GMT|BST\)/)
    await groups.nth(0).getByRole('radio', { name: 'If need be' }).check()
    await groups.nth(1).getByRole('radio', { name: 'Yes' }).check()
    await leah.getByLabel('Anything that we should know').fill('The afternoon is hard for me.')
    await leah.getByRole('button', { name: 'Continue' }).click()
    await leah.getByRole('heading', { level: 1, name: 'Check your answer' }).waitFor()
    await checkPage(leah, 'guest-poll-check')
    await leah.getByRole('button', { name: 'Send my answer' }).click()
    await leah.getByRole('heading', { level: 1, name: 'We have your answer' }).waitFor()
    await checkPage(leah, 'guest-poll-thanks')
    await leah.getByRole('button', { name: 'Change my answer' }).click()
    assert.ok(await groups.nth(0).getByRole('radio', { name: 'If need be' }).isChecked())
    await groups.nth(0).getByRole('radio', { name: 'No', exact: true }).check()
    await leah.getByRole('button', { name: 'Continue' }).click()
    await leah.getByRole('button', { name: 'Send my answer' }).click()
    await leah.getByRole('heading', { level: 1, name: 'We have your answer' }).waitFor()
    assert.equal(await leah.getByText('Hannah').count(), 0, 'she sees who else is asked')
  })

  await step('her worker sees what suits whom, the best first', async () => {
    await rhian.goto(poll)
    const grid = main.getByRole('table', { name: 'What suits whom' })
    const rows = grid.getByRole('row')
    assert.match(await rows.nth(1).innerText(), /10:30am[^]*Suits best[^]*2 yes/)
    assert.match(await rows.nth(2).innerText(), /2pm[^]*1 yes, 0 if need be, 1 no/)
    await main.getByText('The afternoon is hard for me.').waitFor()
    await checkAddress(rhian, 'staff-poll', poll)
    await rhian.goto('/meetings')
    await main.getByText('2 of 2 have answered').waitFor()
    await shot(rhian, 'staff-meetings-polls')
  })

  await step('the other time is chosen all the same: the planning form knows it, and whom it suits', async () => {
    await rhian.goto(poll)
    await main.getByRole('row').filter({ hasText: '2pm' }).getByRole('link', { name: 'Plan it for this time' }).click()
    assert.equal(await rhian.getByLabel('Day').inputValue(), first)
    assert.equal(await rhian.getByLabel('Starts at').inputValue(), '14:00')
    assert.ok(await rhian.getByRole('checkbox', { name: /Hannah Cole/ }).isChecked())
    assert.ok(!(await rhian.getByRole('checkbox', { name: /Leah Quist/ }).isChecked()), 'she said no to that time')
    await shot(rhian, 'staff-plan-from-poll')
    await rhian.getByRole('button', { name: 'Plan the meeting' }).click()
    await rhian.getByText('Meeting planned').waitFor()
    await mailWith(world, HANNAH, (m) => m.subject === 'An invitation to a meeting' && m.text.includes(inWords(first)))
    const note = await mailWith(world, LEAH, (m) => m.subject === 'The time of a meeting is decided')
    assert.doesNotMatch(note.text, /\/poll\/|\/guest\//)
    assert.doesNotMatch(note.text, PRIVATE)
    // The demo's own meetings may have invited her: those are at other times.
    const toThisOne = (m) => m.subject === 'An invitation to a meeting' && m.text.includes(inWords(first))
    assert.equal((await received(world, HANNAH)).filter(toThisOne).length, 1)
    assert.equal((await received(world, LEAH)).filter(toThisOne).length, 0)
    const kiosk = await openKiosk(t, browser, world)
    await enrol(kiosk, world)
    await unlock(kiosk, world, 'Maya Reed')
    await kiosk.goto('/kiosk/meetings')
    await kiosk.getByRole('main').getByText(/2pm/).first().waitFor()
  })

  await step('afterwards the links say so, and nothing is left to choose', async () => {
    const leah = await openPage(t, browser, { baseURL: world.http, expect: [/404/] })
    await leah.goto(links[LEAH])
    await checkPage(leah, 'guest-poll-decided', { widths: [320] })
    await leah.getByText('A time has been chosen').first().waitFor()
    await leah.goto('/poll/00000000000000000000000000000000')
    await leah.getByText('This link does not lead to a question').first().waitFor()
    await rhian.goto(poll)
    await main.getByText('Decided', { exact: true }).waitFor()
    assert.equal(await main.getByRole('link', { name: 'Plan it for' }).count(), 0)
  })

  await step('another question is repeated, and taken back', async () => {
    const child = await rhian.goto(`/cases/${world.mothers[0].case_id}/poll`).then(() => rhian.getByRole('checkbox', { name: 'Tom Reed' }).inputValue())
    await rhian.goto(`/cases/${world.mothers[0].case_id}/poll?child=${child}&kind=core_group&slot=${second}T15:00`)
    const asked = main.getByRole('group', { name: 'Whom to ask' })
    assert.equal(await asked.getByRole('checkbox', { name: /Hannah Cole/ }).count(), 0, 'who has to do with the other child is offered')
    await asked.getByRole('checkbox', { name: /Leah Quist/ }).check()
    await rhian.getByRole('button', { name: 'Ask them' }).click()
    await rhian.getByRole('button', { name: 'Remind those who have not answered' }).click()
    await rhian.getByText('are reminded today').waitFor()
    const mail = await mailWith(world, LEAH, (m) => m.subject === 'Reminder: when could a meeting be held?')
    await rhian.getByRole('button', { name: 'Take the question back' }).click()
    await checkPage(rhian, 'staff-poll-cancel', { widths: [320] })
    await rhian.getByRole('button', { name: 'Take it back' }).click()
    await rhian.getByText('The question is taken back').waitFor()
    await mailWith(world, LEAH, (m) => m.subject === 'A question about a meeting is taken back')
    await until('the link says so', async () => /This is no longer asked/.test(await (await fetch(world.http + linkIn(mail), { headers: { 'Accept-Language': 'en' } })).text()))
  })
  await auditVerifies(world)
})
