// Somebody who works for two agencies: one sign-in, one appointment at a time, and nothing of the one in the other.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { checkPage } from '../lib/axe.mjs'
import { launch, openPage } from '../lib/browser.mjs'
import { sendMail } from '../lib/mail.mjs'
import { fillSignIn, threadWith } from '../lib/people.mjs'
import { kinbridge, startWorld } from '../lib/world.mjs'

const NELL = 'nell.archer@pact.example'
const PACT = 'Pact social worker, Pact'
const PRISON = 'Offender manager, HMP Larkfield'

suite('appointments', () => {
  let world, browser
  const closing = []
  before(async () => {
    const s = { after: (f) => closing.push(f) }
    world = await startWorld(s)
    browser = await launch(s)
  })
  after(async () => {
    for (const f of closing.reverse()) await f()
  })

  const status = (page, path) => page.request.get(world.http + path).then((r) => r.status())

  test('she chooses, sees in which she acts, changes, and a form of the other tab does nothing', async (t) => {
    const page = await openPage(t, browser, { baseURL: world.http, expect: [/status of (404|409)/] })
    await fillSignIn(page, world, NELL)
    await page.getByRole('heading', { level: 1, name: 'What are you working as?' }).waitFor()
    for (const lang of ['cy', 'en']) {
      await page.goto(`/appointments?lang=${lang}`)
      await checkPage(page, 'staff-appointments')
    }
    const joanna = threadWith(world, { mother: 'Joanna Sims', channel: 'official', email: 'leah.quist@southmere.example' })
    const leanne = threadWith(world, { mother: 'Leanne Ward', channel: 'official', email: 'leah.quist@southmere.example' })

    await page.getByRole('button', { name: `Work as ${PACT}` }).click()
    await page.getByText('You have changed what you are working as').waitFor()
    const banner = page.locator('.kb-header__user')
    assert.match(await banner.innerText(), /Nell Archer, Pact social worker, Pact/)
    assert.equal(await status(page, `/threads/${joanna.id}`), 200)
    assert.equal(await status(page, `/threads/${leanne.id}`), 404, 'what the prison’s offender manager has is not the Pact worker’s')
    await checkPage(page, 'staff-acting')
    await page.goto(`/threads/${joanna.id}`)
    await page.locator('textarea[name=body]').fill('Written as Pact worker')

    const other = await page.context().newPage()
    await other.goto('/')
    await other.getByRole('link', { name: 'Work as something else' }).click()
    await other.getByRole('button', { name: `Work as ${PRISON}` }).click()
    await other.getByText('You have changed what you are working as').waitFor()
    assert.match(await other.locator('.kb-header__user').innerText(), /Offender manager, HMP Larkfield/)
    assert.equal(await status(other, `/threads/${leanne.id}`), 200)
    assert.equal(await status(other, `/threads/${joanna.id}`), 404)

    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByText('you have begun to work in another appointment').waitFor()

    // Her appointment at the prison ends; she goes on as Pact worker, and is not asked any more.
    const ended = await kinbridge(world, 'user', 'disable', '--agency', 'HMP Larkfield', NELL)
    assert.equal(ended.code, 0, ended.stderr)
    await other.goto('/cases')
    await other.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
    await fillSignIn(other, world, NELL)
    await other.getByRole('heading', { level: 1, name: 'What waits for you' }).waitFor()
    assert.match(await other.locator('.kb-header__user').innerText(), /Pact social worker, Pact/)
    assert.equal(await other.getByRole('link', { name: 'Work as something else' }).count(), 0)
  })

  test('an administrator gives one more appointment to who signs in already', async (t) => {
    const page = await openPage(t, browser, { baseURL: world.http, expect: [/status of 422/] })
    await fillSignIn(page, world, 'admin@pact.example')
    await page.goto('/users')
    assert.equal(await page.getByText('Kit Marsh').count(), 0, 'the prison’s staff are not Pact’s administrator’s')
    await page.getByRole('button', { name: 'Give somebody access' }).click()
    await page.getByLabel('Name').fill('Sam Thorne')
    await page.getByLabel('Email address', { exact: true }).fill('sam.thorne@fenbrook.example')
    await page.getByLabel('Family engagement worker').check()
    await page.getByLabel('First password').fill('not needed at all')
    await page.getByRole('button', { name: 'Give access' }).click()
    await page.getByLabel('It is the same person: give her this appointment as well').check()
    await checkPage(page, 'staff-user-known')
    await page.getByRole('button', { name: 'Give access' }).click()
    await page.getByText('Appointment given').waitFor()
    await checkPage(page, 'staff-user-appointed')
  })

  test('whoever seems to have moved to another authority is not posted, and somebody is asked who follows', async (t) => {
    const ella = threadWith(world, { mother: 'Maya Reed', channel: 'official', email: 'hannah.cole@northvale.example' })
    await sendMail({ server: world.smtp, from: 'hannah.cole@southmere.example', to: ella.reply_address, subject: 'My new address', body: 'I have moved to Southmere.' })
    const page = await openPage(t, browser, { baseURL: world.http })
    await fillSignIn(page, world, 'rhian.price@pact.example')
    await page.goto('/handovers')
    await page.getByText('seems to work for another organisation now').waitFor()
    await checkPage(page, 'staff-handovers-moved')
    await page.goto('/queue')
    await page.locator('.kb-queue__item').filter({ hasText: 'seems to work for another organisation now' }).getByRole('link').click()
    await page.getByText('Hannah Cole seems to write from Southmere Borough Council now').waitFor()
    await checkPage(page, 'staff-hold-moved')
  })
})
