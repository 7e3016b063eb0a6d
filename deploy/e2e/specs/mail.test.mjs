// What comes by email and is no ordinary answer: an out-of-office, somebody new of the same authority, a mailbox that is gone, a stranger. The
// worker sorts each by one press, sees how it came, and nothing of it is ever the mother's to read as somebody's words.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { checkAddress, checkPage } from '../lib/axe.mjs'
import { launch } from '../lib/browser.mjs'
import { sendMail, sendRaw } from '../lib/mail.mjs'
import { api, mailWith, signIn, threadWith } from '../lib/people.mjs'
import { until } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const HANNAH = 'hannah.cole@northvale.example'
const OWEN = 'owen.lloyd@northvale.example'
const REFUSALS = [/status of (401|403|404|409|422)/]

suite('mail that is no ordinary answer', { concurrency: 1 }, () => {
  let world, browser, ella, page
  const closing = []
  const s = { after: (f) => closing.push(f) }
  before(async () => {
    world = await startWorld(s)
    browser = await launch(s)
    ella = threadWith(world, { mother: 'Maya Reed', channel: 'official', email: HANNAH })
    page = await signIn(s, browser, world, 'rhian.price@pact.example', { expect: REFUSALS })
  })
  after(async () => {
    for (const f of closing.reverse()) await f()
  })

  test('an out-of-office is told beside the conversation and is in no queue', async () => {
    const before = (await api(world, 'GET', '/holds')).items.length
    await sendMail({ server: world.smtp, from: `Hannah Cole <${HANNAH}>`, to: ella.reply_address, subject: 'Automatic reply: Kinbridge message',
      headers: { 'Auto-Submitted': 'auto-replied', 'X-Auto-Response-Suppress': 'All' },
      body: 'I am on annual leave and will be back on 4 January 2027. For urgent matters please contact Owen Lloyd, owen.lloyd@northvale.example, 020 7946 0123.' })
    await until('the absence', async () => {
      await page.goto(`/threads/${ella.id}?lang=en`)
      return page.getByText('Away, back on 4 January 2027').isVisible()
    })
    assert.ok(await page.getByText('owen.lloyd@northvale.example').isVisible(), 'whom to ask instead')
    assert.ok(await page.getByRole('link', { name: 'Automatic answer: away' }).isVisible(), 'it is listed')
    assert.equal((await api(world, 'GET', '/holds')).items.length, before, 'nothing waits')
    await checkAddress(page, 'staff-thread-away', `/threads/${ella.id}`)
    await page.getByRole('link', { name: 'See the email that said so' }).first().click()
    await page.getByRole('heading', { level: 1, name: 'How this email came' }).waitFor()
    await checkPage(page, 'staff-mail-auto')
  })

  test('somebody new of the same authority takes over by one press', async () => {
    await sendMail({ server: world.smtp, from: 'Owen Lloyd <owen.lloyd@northvale.example>', to: ella.reply_address, subject: 'Re: Kinbridge message',
      body: 'I have taken over from Hannah. The school has a place.\n\nOn Mon, 23 Nov 2026 at 09:00, Kinbridge wrote:\n> Is there a place?\n' })
    const hold = await until('the hold', async () => (await api(world, 'GET', '/holds')).items.find((h) => h.from === 'owen.lloyd@northvale.example'))
    await page.goto('/handovers?lang=en')
    await page.getByRole('link', { name: 'Hannah Cole' }).waitFor()
    await checkAddress(page, 'staff-handovers', '/handovers')
    await page.getByRole('link', { name: /Hannah/ }).first().click()
    await page.getByRole('link', { name: 'Go to the email' }).waitFor()
    await checkPage(page, 'staff-handover-mail')
    await checkAddress(page, 'staff-sort-handover', `/queue/${hold.id}`)
    await page.goto(`/queue/${hold.id}?lang=en`)
    await page.getByRole('button', { name: 'The sender takes over from Hannah Cole: file it' }).click()
    await page.getByText('Email filed in this conversation').waitFor()
    assert.ok(await page.getByText('I have taken over from Hannah. The school has a place.').isVisible())
    assert.ok(await page.getByRole('button', { name: 'Somebody follows Owen Lloyd' }).isVisible())
    assert.equal(await page.getByRole('button', { name: 'Somebody follows Hannah Cole' }).count(), 0, 'Hannah is still in it')
    await page.goto('/handovers?lang=en')
    assert.equal(await page.getByRole('link', { name: 'Hannah Cole' }).count(), 0)
    await page.goto(`/threads/${ella.id}?lang=en`)
    await page.getByRole('link', { name: 'How this email came' }).first().click()
    await checkPage(page, 'staff-mail')
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /Download the original email/ }).click()])
    assert.match(download.suggestedFilename(), /^inb_.*\.eml$/)
  })

  test('a message that does not arrive is sent again, or to somebody else', async () => {
    await api(world, 'POST', `/threads/${ella.id}/messages`, { body: { text: 'Thank you. When can she start?', idempotency_key: 'when' } })
    const out = await mailWith(world, OWEN, (m) => m.text.includes('When can she start?'))
    const answers = out.from
    const report = ['From: MAILER-DAEMON@northvale.example', `To: ${answers}`, 'Subject: Undelivered Mail Returned to Sender', 'Auto-Submitted: auto-replied', 'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b', '', '--b', 'Content-Type: text/plain', '', 'There is no such mailbox.', '', '--b', 'Content-Type: message/delivery-status', '',
      'Reporting-MTA: dns; mx.northvale.example', '', 'Final-Recipient: rfc822; owen.lloyd@northvale.example', 'Action: failed', 'Status: 5.1.1', 'Diagnostic-Code: smtp; 550 5.1.1 no such user', '',
      '--b', 'Content-Type: text/rfc822-headers', '', `Message-ID: <${out.message_id}>`, '', '--b--', ''].join('\r\n')
    await sendRaw({ server: world.smtp, from: '<>', to: answers, data: report })
    await until('the failure', async () => {
      await page.goto('/undelivered?lang=en')
      return page.getByText('owen.lloyd@northvale.example').first().isVisible()
    })
    assert.ok(await page.getByText('the address does not exist').first().isVisible(), 'why, in words')
    await checkAddress(page, 'staff-undelivered', '/undelivered')
    await checkAddress(page, 'staff-home-failed', '/')
    await page.goto('/undelivered?lang=en')
    await page.getByRole('button', { name: 'Write to somebody else instead' }).first().click()
    await page.getByRole('heading', { level: 1, name: 'Who takes over from Owen Lloyd?' }).waitFor()
    await checkPage(page, 'staff-handover')
    await page.getByRole('button', { name: 'Hand over' }).click()
    await page.getByText('Write a name').first().waitFor()
    await checkPage(page, 'staff-handover-error')
    await page.getByLabel('Name', { exact: true }).fill('Nia Parry')
    await page.getByLabel('Email address').fill('nia.parry@northvale.example')
    await page.getByRole('button', { name: 'Hand over' }).click()
    await page.getByText('Handed over. The new person is written to from now on').waitFor()
    await page.goto('/undelivered?lang=en')
    await page.getByText('Every message has arrived.').waitFor()
  })

  test('a stranger needs the word of the worker, and junk is one press', async () => {
    await sendMail({ server: world.smtp, from: 'Win Big <win@elsewhere.example>', to: ella.reply_address, subject: 'Prize', body: 'Click.' })
    const hold = await until('the hold', async () => (await api(world, 'GET', '/holds')).items.find((h) => h.from === 'win@elsewhere.example'))
    await checkAddress(page, 'staff-sort-stranger', `/queue/${hold.id}`)
    await page.goto(`/queue/${hold.id}?lang=en`)
    await page.getByRole('button', { name: 'The sender belongs here: file it' }).click()
    await page.getByText('The sender does not write from this conversation').first().waitFor()
    await page.getByRole('button', { name: 'Junk: set it aside' }).click()
    await page.getByText('Set aside').first().waitFor()
    assert.ok(!(await api(world, 'GET', '/holds')).items.some((h) => h.id === hold.id))
    await auditVerifies(world)
  })
})
