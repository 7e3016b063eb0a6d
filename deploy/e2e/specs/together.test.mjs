// Hard news: an email with a placement order in it is marked by itself, shows the mother nothing when it is released, is booked, opened with the
// worker's code and her PIN, and an officer of her wing sees, without the reason, that she may need support.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { launch, steps } from '../lib/browser.mjs'
import { sendMail } from '../lib/mail.mjs'
import { enrol, openConversation, openKiosk, press, signIn, threadWith, unlock } from '../lib/people.mjs'
import { until } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const SUBJECT = "Ella's school and her next review"
const HANNAH = 'hannah.cole@northvale.example'
const NEWS = 'Dear Maya,\n\nThe court has made a placement order for Ella. I am sorry.\n\nHannah'

test('hard news is read together, and the wing is told that she may need support', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const step = steps(t)
  const thread = threadWith(world, { mother: 'Maya Reed', channel: 'official', email: HANNAH })
  const kiosk = await openKiosk(t, browser, world)
  const rhian = await signIn(t, browser, world, 'rhian.price@pact.example')
  let code

  await step('the email is marked before anybody has read it', async () => {
    const sent = await sendMail({ server: world.smtp, from: `Hannah Cole <${HANNAH}>`, to: thread.reply_address, subject: 'Court', headers: { 'Message-ID': '<hard-1@northvale.example>' }, body: NEWS })
    assert.equal(sent.code, 0, sent.reply)
    await until('the mail in the queue', async () => {
      await rhian.goto('/queue')
      return rhian.getByRole('listitem').filter({ hasText: 'Maya Reed. From Hannah Cole' }).isVisible()
    })
    await rhian.getByRole('listitem').filter({ hasText: 'Maya Reed. From Hannah Cole' }).getByRole('link').click()
    await rhian.getByText('Kinbridge marked it: it may be about a placement order or matching').waitFor()
    await rhian.getByRole('button', { name: 'Release', exact: true }).click()
    await rhian.getByText('Released. It is on its way').waitFor()
  })

  await step('her kiosk shows nothing of it', async () => {
    await enrol(kiosk, world)
    await unlock(kiosk, world, 'Maya Reed')
    await openConversation(kiosk, SUBJECT)
    assert.ok(!(await kiosk.locator('main').innerText()).includes('placement order'))
  })

  await step('it is booked', async () => {
    await rhian.goto('/')
    await rhian.getByRole('row').filter({ hasText: 'Maya Reed' }).filter({ hasText: 'Not booked' }).getByRole('link').click()
    const soon = new Date(Date.now() + 60 * 60 * 1000)
    const london = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/London', year: 'numeric', month: '2-digit', day: '2-digit' }).format(soon)
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', hour: '2-digit', minute: '2-digit' }).format(soon)
    await rhian.getByLabel('Day').fill(london)
    await rhian.getByLabel('Starts at').fill(clock)
    await rhian.getByLabel('Where').fill('Chapel office')
    await rhian.getByLabel('Rhian Price').check()
    await rhian.getByRole('button', { name: 'Book it' }).click()
    await rhian.getByText('Booked. Prison staff see her on their list').waitFor()
    await rhian.getByRole('button', { name: 'Get a code for the kiosk' }).click()
    code = /\b\d{6}\b/.exec(await rhian.locator('.kb-secret').innerText())[0]
  })

  await step('the worker’s code and her PIN open it', async () => {
    await kiosk.goto('/kiosk/help')
    await kiosk.getByRole('link', { name: 'Read together' }).click()
    await press(kiosk, code)
    await kiosk.getByRole('button', { name: 'OK' }).click()
    await kiosk.getByLabel('Your PIN').waitFor({ state: 'attached' })
    await press(kiosk, world.mothers.find((m) => m.name === 'Maya Reed').pin)
    await kiosk.getByRole('button', { name: 'OK' }).click()
    await kiosk.getByText('Take your time').waitFor()
    assert.ok(!(await kiosk.locator('main').innerText()).includes('placement order'))
    await kiosk.getByRole('button', { name: 'I am ready. Show it' }).click()
    await kiosk.getByText('The court has made a placement order for Ella').waitFor()
    await openConversation(kiosk, SUBJECT)
    await kiosk.getByText('The court has made a placement order for Ella').waitFor()
  })

  await step('an officer of her wing is told, not why, and sees to her', async () => {
    const kit = await signIn(t, browser, world, 'kit.marsh@fenbrook.example')
    await kit.getByText('She may need support today.').waitFor()
    const home = await kit.locator('main').innerText()
    for (const word of ['placement', 'message', 'Ella', 'Hannah', 'Read together']) assert.ok(!home.includes(word), `the officer is told ${word}:\n${home}`)
    assert.match(home, /Chapel office/)
    await kit.getByRole('button', { name: /^I am seeing to her/ }).click()
    await kit.getByText('Seen to by').waitFor()
  })

  await step('how it went is written down', async () => {
    await rhian.goto('/together')
    await rhian.getByRole('row').filter({ hasText: 'Maya Reed' }).getByRole('link').click()
    await rhian.getByLabel('She was upset').check()
    await rhian.getByRole('button', { name: 'Save how it went' }).click()
    await rhian.getByText('Recorded', { exact: true }).waitFor()
    await auditVerifies(world)
  })
})
