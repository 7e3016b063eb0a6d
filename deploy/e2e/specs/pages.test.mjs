// The pages that no link leads to (answers to forms, errors, empty lists, the room, signed out), in both languages, at both widths: no accessibility
// violation, nothing wider than the window, no report of the content security policy and no error on the console; with a picture of each in
// out/ to look at. The crawl spec looks at those that links lead to.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { checkAddress, checkPage } from '../lib/axe.mjs'
import { launch, openPage } from '../lib/browser.mjs'
import { sendMail } from '../lib/mail.mjs'
import { api, choose, enrol, mailWith, newKioskCode, openKiosk, press, signIn, threadWith, unlock } from '../lib/people.mjs'
import { until } from '../lib/process.mjs'
import { startWorld } from '../lib/world.mjs'

const HANNAH = 'hannah.cole@northvale.example'
// Pages that say no are asked for on purpose.
const REFUSALS = [/status of (401|403|404|409|422|429)/]

suite('pages', { concurrency: 2 }, () => {
  let world, browser, maya, ella
  const closing = []
  before(async () => {
    const s = { after: (f) => closing.push(f) }
    world = await startWorld(s)
    browser = await launch(s)
    ella = threadWith(world, { mother: 'Maya Reed', channel: 'official', email: HANNAH })
    maya = ella.case_id
    for (const [from, to] of [['stranger@elsewhere.example', ella.reply_address], [HANNAH, 'somebody@in.kinbridge.example'], ['leah.quist@southmere.example', ella.reply_address]])
      await sendMail({ server: world.smtp, from, to, subject: 'A long subject that goes on and on, about-a-word-that-cannot-be-broken-anywhere-because-it-has-no-space-in-it', body: 'Some words.\n\nAnd more of them.' })
  })
  after(async () => {
    for (const f of closing.reverse()) await f()
  })

  /** Sends a form as it stands, in both languages, and checks the page that answers. */
  async function checkForm(page, name, address, fill, submit) {
    for (const lang of ['cy', 'en']) {
      await page.goto(`${address}${address.includes('?') ? '&' : '?'}lang=${lang}`)
      await fill?.(page)
      const [answer] = await Promise.all([page.waitForResponse((r) => r.request().method() === 'POST'), page.locator(submit).first().click()])
      assert.ok(answer.status() < 500, `${name} was answered ${answer.status()}`)
      await page.waitForLoadState()
      await checkPage(page, name)
    }
  }
  const all = async (page, list) => {
    for (const [name, address] of list) await checkAddress(page, name, address)
  }
  const main = 'main form button[type=submit]'

  test('staff: signed out', async (t) => {
    const page = await openPage(t, browser, { baseURL: world.http, expect: REFUSALS })
    await all(page, [['staff-sign-in', '/sign-in'], ['staff-accessibility', '/accessibility'], ['staff-privacy', '/privacy'], ['staff-404', '/nowhere']])
    await checkForm(page, 'staff-sign-in-error', '/sign-in', null, main)
  })

  test('staff: a Pact worker', async (t) => {
    const page = await signIn(t, browser, world, 'rhian.price@pact.example', { expect: REFUSALS })
    const holds = await until('four holds', async () => {
      const { items } = await api(world, 'GET', '/holds')
      return items.length >= 4 && items
    })
    const written = holds.find((h) => h.message_id) ?? holds[0]
    const mails = holds.filter((h) => !h.message_id)
    await page.goto(`/cases/${maya}/begin?channel=official`)
    const child = await page.getByLabel('Ella Reed').getAttribute('value')
    await all(page, [
      ['staff-cases-empty', '/cases?show=closed'],
      ['staff-begin-children', `/cases/${maya}/begin?channel=official`], ['staff-begin-people', `/cases/${maya}/begin?channel=official&step=people&child=${child}`], ['staff-plan-people', `/cases/${maya}/plan?child=${child}`],
      ['staff-hold-mail', `/queue/${(mails[0] ?? written).id}`],
      ['staff-several', `/queue/several?${holds.filter((h) => h.message_id).map((h) => `hold=${h.id}`).join('&') || `hold=${written.id}`}`],
      ['staff-thread-404', '/threads/thr_00000000000000000000000000'],
    ])
    await checkForm(page, 'staff-find-error', '/find', null, main)
    await checkForm(page, 'staff-find-found', '/find', (p) => p.locator('input[name=name]').fill('reed'), main)
    await checkForm(page, 'staff-find-none', '/find', (p) => p.locator('input[name=name]').fill('Nobody of this name'), main)
    await checkForm(page, 'staff-begin-children-error', `/cases/${maya}/begin?channel=official`, null, main)
    await checkForm(page, 'staff-begin-error', `/cases/${maya}/begin`, null, main)
    await checkForm(page, 'staff-begin-official', `/cases/${maya}/begin`, (p) => p.locator('input[name=channel][value=official]').check(), main)
    await checkForm(page, 'staff-plan-error', `/cases/${maya}/plan`, null, main)
    await checkForm(page, 'staff-thread-error', `/threads/${ella.id}`, null, 'main button[value=send]')
    await checkForm(page, 'staff-queue-error', '/queue', null, 'main button[value=read]')
    await checkForm(page, 'staff-hold-error', `/queue/${written.id}`, null, 'main form[action$=withhold] button')
    await checkForm(page, 'staff-search-empty', '/cases', (p) => p.locator('input[name=search]').fill('Nobody of this name'), 'main form[method=post] button')
  })

  test('staff: the others', async (t) => {
    const dana = await signIn(t, browser, world, 'dana.okoro@pact.example', { expect: REFUSALS })
    await all(dana, [['staff-queue-empty', '/queue'], ['staff-case-hidden', `/cases/${maya}`]])
    const officer = await signIn(t, browser, world, 'kit.marsh@fenbrook.example', { expect: REFUSALS })
    await all(officer, [['staff-officer-home', '/']])
    await checkForm(officer, 'staff-pin-made', '/women', null, 'main form button')
    const manager = await signIn(t, browser, world, 'paul.stead@fenbrook.example', { expect: REFUSALS })
    await all(manager, [['staff-manager-home', '/'], ['staff-manager-case', `/cases/${maya}`]])
    const protection = await signIn(t, browser, world, 'sam.thorne@fenbrook.example', { expect: REFUSALS })
    await all(protection, [['staff-protection-home', '/']])
  })

  test('staff: an administrator', async (t) => {
    const page = await signIn(t, browser, world, 'admin@pact.example', { expect: REFUSALS })
    const kiosk = await openKiosk(t, browser, world)
    await enrol(kiosk, world, await newKioskCode(world, 'HMP Fenbrook', 'A wing'))
    await page.goto('/users')
    const user = await page.getByRole('link', { name: 'Dana Okoro' }).getAttribute('href')
    await all(page, [['staff-admin-home', '/'], ['staff-find-admin', '/find']])
    await checkForm(page, 'staff-user-new-error', '/users/new', null, main)
    await checkForm(page, 'staff-user-token-error', user, null, main)
    await checkForm(page, 'staff-user-token-made', user, (p) => p.locator('input[name=token_name]').fill('records'), main)
    await checkForm(page, 'staff-kiosks-error', '/kiosks', null, main)
    await checkForm(page, 'staff-kiosks-code', '/kiosks', async (p) => {
      await p.locator('input[name=name]').fill('By the door')
      await p.locator('select[name=wing]').selectOption({ index: 1 })
    }, main)
  })

  test('kiosk', async (t) => {
    const page = await openKiosk(t, browser, world, { expect: REFUSALS })
    await checkAddress(page, 'kiosk-enrol', '/kiosk/enrol')
    await checkForm(page, 'kiosk-enrol-error', '/kiosk/enrol', (p) => press(p, '123'), 'main form .kiosk-key--go')
    await enrol(page, world)
    await checkAddress(page, 'kiosk-start', '/kiosk/')
    await checkAddress(page, 'kiosk-choose', '/kiosk/choose')
    await choose(page, 'Maya Reed')
    await checkAddress(page, 'kiosk-pin', page.url())
    await checkForm(page, 'kiosk-pin-wrong', page.url().replace(/\?.*/, ''), (p) => press(p, '000000'), 'main form .kiosk-key--go')
    await unlock(page, world, 'Maya Reed')
    await all(page, [['kiosk-home', '/kiosk/home'], ['kiosk-404', '/kiosk/nowhere'], ['kiosk-offline', '/kiosk/offline']])
    await page.goto(`/kiosk/messages/${ella.id}/reply?lang=en`)
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByText('Write your message first.').waitFor()
    await checkPage(page, 'kiosk-reply-error')
    await page.getByRole('button', { name: 'Thank you for telling me.' }).click()
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByRole('heading', { name: 'We have your message' }).waitFor()
    await checkAddress(page, 'kiosk-sent', page.url())
    await page.getByRole('button', { name: 'Lock' }).click()
    await page.getByRole('heading', { name: 'The kiosk is locked' }).waitFor()
    await checkAddress(page, 'kiosk-locked', '/kiosk/locked')
    const none = await openKiosk(t, browser, world, { expect: REFUSALS })
    await enrol(none, world, 1)
    await unlock(none, world, 'Joanna Sims')
    await all(none, [['kiosk-meetings-empty', '/kiosk/meetings'], ['kiosk-thread-empty', `/kiosk/messages/${threadWith(world, { mother: 'Joanna Sims', channel: 'official', email: 'leah.quist@southmere.example' }).id}`]])
  })

  test('guest, and the room from each side', async (t) => {
    const page = await openPage(t, browser, { baseURL: world.http, expect: REFUSALS })
    const mail = await mailWith(world, HANNAH, (m) => /\/guest\//.test(m.text))
    const link = /https?:\/\/\S+\/guest\/\S+/.exec(mail.text)[0]
    await all(page, [['guest-start', '/guest/'], ['guest-bad-link', '/guest/nothing-of-ours'], ['guest-landing', link], ['guest-no-session', '/guest/meeting/room']])
    await checkForm(page, 'guest-landing-error', link, null, main)
    await page.goto(`${link}?lang=en`)
    await page.getByLabel('Your name').fill('Hannah Cole')
    await page.getByLabel('Code').fill(/\b\d{6}\b/.exec(mail.text.replace(link, ''))[0])
    await page.getByRole('button', { name: 'Continue' }).click()
    await checkAddress(page, 'guest-rules', '/guest/meeting/rules')
    await checkAddress(page, 'guest-check', '/guest/meeting/room')
    await page.getByText('Your camera works.').waitFor()
    await checkPage(page, 'guest-check-ready')
    await page.getByRole('button', { name: 'Ask to come in' }).click()
    await page.getByText('Wait here until the host lets you in').waitFor()
    await checkPage(page, 'guest-lobby')
    const host = await signIn(t, browser, world, 'rhian.price@pact.example', { expect: REFUSALS })
    await host.goto(`/meetings/${world.meetings[0].id}/room`)
    await host.getByRole('button', { name: 'Let Hannah Cole in' }).waitFor()
    await checkPage(host, 'staff-room-lobby')
    await host.getByRole('button', { name: 'Let Hannah Cole in' }).click()
    await page.getByRole('listitem').filter({ hasText: 'Rhian Price' }).waitFor()
    await checkPage(page, 'guest-room')
    await checkPage(host, 'staff-room')
    await page.getByRole('button', { name: 'Leave' }).click()
    await page.getByText('You have left the meeting.').last().waitFor()
    await checkPage(page, 'guest-over')
    await checkAddress(page, 'guest-left', '/guest/meeting/left')
    await page.getByRole('button', { name: 'Close my place on this device' }).click()
    await page.getByRole('heading', { name: 'Your place is closed on this device' }).waitFor()
    await checkAddress(page, 'guest-finished', '/guest/meeting/done')
  })

  test('the demo’s own pages', async (t) => {
    const page = await openPage(t, browser, { baseURL: world.http, expect: REFUSALS })
    const english = async (name, address) => {
      await page.goto(address)
      await checkPage(page, name)
    }
    await english('demo', '/demo')
    const at = world.mailbox_http
    const mail = await mailWith(world, HANNAH, (m) => m.from !== '')
    for (const [name, path] of [['mailbox', '/'], ['mailbox-empty', '/?address=nobody%40nowhere.example'], ['mailbox-mail', `/messages/${mail.id}`], ['mailbox-write', '/write'], ['mailbox-404', '/nowhere']]) await english(name, at + path)
    for (const [name, path] of [['mailbox-mail-error', `/messages/${mail.id}`], ['mailbox-write-error', '/write']]) {
      await page.goto(at + path)
      await Promise.all([page.waitForResponse((r) => r.request().method() === 'POST'), page.getByRole('button', { name: 'Send' }).click()])
      await page.waitForLoadState()
      await checkPage(page, name)
    }
  })
})
