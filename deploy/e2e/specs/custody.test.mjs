// A woman is moved to another prison with a message that she has not read and a meeting that is booked. The old prison loses sight of her, the people outside
// learn that she has moved and not where, the new prison gives her a wing, and at its kiosk she reads the message.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAddress } from '../lib/axe.mjs'
import { launch, steps } from '../lib/browser.mjs'
import { enrol, mailWith, openConversation, openKiosk, signIn, threadWith, unlock } from '../lib/people.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const LEAH = 'leah.quist@southmere.example'
const JOANNA = 'Joanna Sims'
const SUBJECT = "Rory's nursery"
const WORDS = 'Rory has settled in well.'

test('transfer: everything of hers goes with her', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const step = steps(t)
  const thread = threadWith(world, { mother: JOANNA, channel: 'official', email: LEAH })
  const rhian = await signIn(t, browser, world, 'rhian.price@pact.example')
  const paul = await signIn(t, browser, world, 'paul.stead@fenbrook.example', { expect: [/status of 404/] })
  const asha = await signIn(t, browser, world, 'asha.lind@larkfield.example')
  const old = await openKiosk(t, browser, world, { expect: [/status of 40\d/] })

  await step('she has a message that she has not read, and a meeting', async () => {
    await rhian.goto(`/threads/${thread.id}`)
    await rhian.getByLabel('Write a message').fill(WORDS)
    await rhian.getByRole('button', { name: 'Send', exact: true }).click()
    await rhian.getByText(WORDS).waitFor()
    await rhian.goto(`/cases/${thread.case_id}/plan`)
    await rhian.getByLabel('Kind of meeting').selectOption('core_group')
    const day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)
    await rhian.getByLabel('Day', { exact: true }).fill(day)
    await rhian.getByLabel('Starts at').fill('10:00')
    await rhian.getByLabel('Where she takes part').selectOption({ label: 'No place yet' })
    await rhian.getByLabel('Leah Quist').check()
    await rhian.locator('main').getByRole('button').last().click()
    await rhian.waitForURL(/\/meetings\/mtg_/)
    await enrol(old, world, 1) // B wing of HMP Fenbrook
    await old.getByRole('link', { name: 'Start in English' }).click()
    await old.getByRole('link', { name: JOANNA }).waitFor()
  })

  await step('her worker records the transfer, after reading what will follow', async () => {
    await rhian.goto(`/cases/${thread.case_id}/custody`)
    await rhian.getByRole('button', { name: 'Record where she is' }).click()
    await rhian.getByLabel('What happened').selectOption('received')
    await rhian.getByLabel('To which prison').selectOption({ label: 'HMP Larkfield' })
    const now = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/London', year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date())
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', hour: '2-digit', minute: '2-digit' }).format(new Date())
    await rhian.getByLabel('Day', { exact: true }).fill(now)
    await rhian.getByLabel('Time', { exact: true }).fill(clock)
    await rhian.getByRole('button', { name: 'Continue' }).click()
    await rhian.getByText('She moves to another prison').waitFor()
    await rhian.getByRole('button', { name: 'Record this' }).click()
    await rhian.getByRole('heading', { level: 1, name: 'Custody' }).waitFor()
    await rhian.getByText('Arrivals: re-offer these meetings').waitFor()
  })

  await step('the old prison knows no more of her', async () => {
    await old.goto('/kiosk/?lang=en')
    await old.getByRole('link', { name: 'Start in English' }).click()
    await old.getByRole('heading', { level: 1 }).waitFor()
    assert.equal(await old.getByRole('link', { name: JOANNA }).count(), 0)
    const status = (path) => paul.request.get(world.http + path).then((r) => r.status())
    for (const path of [`/cases/${thread.case_id}`, `/cases/${thread.case_id}/custody`, `/threads/${thread.id}`]) assert.equal(await status(path), 404, path)
    for (const path of ['/', '/cases', '/meetings', '/movements', '/arrivals']) {
      const text = await (await paul.request.get(world.http + path)).text()
      assert.ok(!text.includes(JOANNA), `${path} tells of her`)
    }
  })

  await step('the people outside learn that she has moved, and not where', async () => {
    const moved = await mailWith(world, LEAH, (m) => m.text.includes('She has moved.') && m.from === thread.reply_address)
    const meeting = await mailWith(world, LEAH, (m) => m.text.includes('cannot take place as planned') && !m.text.includes('Isla'))
    for (const m of [moved, meeting]) assert.ok(!/Larkfield|Fenbrook/.test(m.text + m.subject), m.text)
  })

  await step('the new prison gives her a wing', async () => {
    await asha.goto('/arrivals')
    const one = asha.locator('section').filter({ has: asha.getByRole('heading', { name: JOANNA }) })
    await one.getByText('ask her Pact social worker to put you on the team').waitFor()
    assert.equal(await one.getByText(SUBJECT).count(), 0)
    await one.getByLabel('Her wing').selectOption({ label: 'A wing' })
    await one.getByRole('button', { name: 'Save her wing' }).click()
    await asha.getByText('Her wing is recorded').waitFor()
  })

  await step('at its kiosk she reads the message', async () => {
    const kiosk = await openKiosk(t, browser, world)
    await enrol(kiosk, world, 2) // A wing of HMP Larkfield
    await unlock(kiosk, world, JOANNA)
    await openConversation(kiosk, SUBJECT)
    await kiosk.getByText(WORDS).waitFor()
    assert.equal(await kiosk.getByText('She has moved').count(), 0)
  })

  await step('the pages are accessible', async () => {
    const at = `/cases/${thread.case_id}`
    const pages = { 'custody-arrivals': '/arrivals', 'custody-record': '/custody/record', 'custody-file': '/custody/file', 'custody-case': `${at}/custody`, 'custody-kept': `${at}/kept`, 'custody-team': `${at}/team` }
    for (const [name, address] of Object.entries(pages)) await checkAddress(rhian, name, address)
  })
  await auditVerifies(world)
})
