// The main job: a message written at the kiosk is checked, leaves as real mail and is received by another server; a reply from
// an ordinary mail program is held, checked, and appears on the kiosk's open page; and that she has read it is seen by staff.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { launch, openPage, steps } from '../lib/browser.mjs'
import { sendMail } from '../lib/mail.mjs'
import { enrol, mailWith, openConversation, openKiosk, signIn, threadWith, typeOnScreen, unlock } from '../lib/people.mjs'
import { until } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const SUBJECT = "Ella's school and her next review"
const HANNAH = 'hannah.cole@northvale.example'
const FIRST = "Is Ella well? I can't sleep.\nMaya"
const ANSWER = 'Dear Maya,\n\nElla is well and likes her new school. Her report comes on Friday – I will send it.\n\nHannah'
const SECOND = 'And her review is on 3 December at 10.'

/** A reply as Outlook for a council makes it: new words above the history. */
function quoted(mail, words) {
  return `${words}\n\n________________________________\nFrom: ${mail.from_name} <${mail.from}>\nSent: 23 November 2026 09:12\nTo: Hannah Cole <${HANNAH}>\nSubject: ${mail.subject}\n\n${mail.text}`
}

/** Approves the one message that holds the words, on the staff site, and returns when the server answered (milliseconds since 1970). */
async function approve(staff, words, from) {
  await staff.goto('/queue')
  const item = staff.getByRole('listitem').filter({ hasText: from })
  await item.getByRole('link').click()
  await staff.getByRole('main').getByText(words).waitFor()
  const answered = staff.waitForResponse((r) => r.request().method() === 'POST' && /\/release$/.test(r.url())).then(() => Date.now())
  await staff.getByRole('button', { name: 'Release', exact: true }).click()
  await staff.getByText('Released. It is on its way').waitFor()
  return answered
}

/** Notes when the words first stand in the conversation, from now on. */
async function watchFor(kiosk, words) {
  await kiosk.evaluate((words) => {
    const list = document.querySelector('main section')
    window.sameDocument = true
    window.appeared = 0
    const look = () => {
      if (!window.appeared && list.textContent.includes(words)) window.appeared = Date.now()
    }
    look()
    new MutationObserver(look).observe(list, { childList: true, subtree: true, characterData: true })
  }, words)
  assert.equal(await kiosk.evaluate(() => window.appeared), 0, 'the words are on the kiosk before they are released')
}

test('kiosk, review, mail, reply, review, kiosk, seen', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const step = steps(t)
  const thread = threadWith(world, { mother: 'Maya Reed', channel: 'official', email: HANNAH })
  const kiosk = await openKiosk(t, browser, world)
  const rhian = await signIn(t, browser, world, 'rhian.price@pact.example')
  let mail

  await step('she writes with the keyboard on the screen', async () => {
    await enrol(kiosk, world)
    await unlock(kiosk, world, 'Maya Reed')
    await openConversation(kiosk, SUBJECT)
    await kiosk.getByRole('link', { name: 'Write a message' }).click()
    await typeOnScreen(kiosk, FIRST)
    await kiosk.getByRole('button', { name: 'Send', exact: true }).click()
    await kiosk.getByRole('heading', { name: 'We have your message' }).waitFor()
    await kiosk.getByText('Your Pact worker is reading it first').waitFor()
  })

  await step('it leaves only when her Pact worker has approved it', async () => {
    assert.equal(await mailWith(world, HANNAH, () => true).then(() => false), false) // the mailbox works: there is mail of the demo's start
    const before = (await (await fetch(`${world.mailbox_http}/messages.json`)).json()).filter((m) => m.text.includes('Is Ella well'))
    assert.deepEqual(before, [], 'it was sent before anybody approved it')
    await rhian.goto('/queue')
    await rhian.getByRole('listitem').filter({ hasText: 'Maya Reed. From the mother' }).last().getByRole('link').click()
    await rhian.getByRole('main').getByText('Is Ella well').waitFor()
    await rhian.getByRole('button', { name: 'Release', exact: true }).click()
    await rhian.getByText('Released. It is on its way').waitFor()
    mail = await mailWith(world, HANNAH, (m) => m.text.startsWith("Is Ella well? I can't sleep.\nMaya"))
    assert.equal(mail.reply_to, thread.reply_address)
    assert.match(mail.message_id, /^[^@\s]+@in\.kinbridge\.example$/)
    for (const secret of ['Maya', 'Reed', 'Ella', 'Hannah']) assert.ok(!mail.subject.includes(secret), `the subject has a name in it: ${mail.subject}`)
    assert.match(mail.html, /Is Ella well\?/)
  })

  await step('a reply is held, approved, and appears on the open page within a second', async () => {
    const sent = await sendMail({ server: world.smtp, from: `Hannah Cole <${HANNAH}>`, to: mail.reply_to, subject: `RE: ${mail.subject}`,
      headers: { 'Message-ID': '<reply-1@northvale.example>', 'In-Reply-To': `<${mail.message_id}>`, References: `<${mail.message_id}>` }, body: quoted(mail, ANSWER) })
    assert.equal(sent.code, 0, sent.reply)
    await openConversation(kiosk, SUBJECT)
    await watchFor(kiosk, 'Ella is well and likes her new school')
    await rhian.goto(`/threads/${thread.id}`)
    await until('the reply to be in the thread, held', async () => {
      await rhian.reload()
      return rhian.getByRole('article', { name: /^Hannah Cole/ }).filter({ hasText: 'likes her new school' }).getByText('Being checked').isVisible()
    })
    const article = rhian.getByRole('article', { name: /^Hannah Cole/ }).filter({ hasText: 'likes her new school' })
    assert.match(await article.locator('summary').innerText(), /What the email quoted/)
    const answered = await approve(rhian, 'likes her new school', 'Maya Reed. From Hannah Cole')
    const appeared = await until('the reply on the kiosk', () => kiosk.evaluate(() => window.sameDocument && window.appeared))
    t.diagnostic(`on the kiosk ${appeared - answered} ms after the release was answered`)
    assert.ok(appeared - answered < 1000, `it appeared ${appeared - answered} ms after it was released`)
    const card = kiosk.getByRole('article', { name: /^Hannah Cole/ }).first()
    const shown = await card.innerText()
    for (const line of ANSWER.split(/\n+/).slice(0, 2)) assert.ok(shown.includes(line), `${line} is not in what she sees:\n${shown}`)
    for (const old of ['____', 'Sent:', 'Is Ella well?', mail.subject]) assert.ok(!shown.includes(old), `${old}, of the quoted history, is in what she sees:\n${shown}`)
  })

  await step('that she read it is seen on the staff page', async () => {
    await rhian.goto(`/threads/${thread.id}`)
    const article = rhian.getByRole('article', { name: /^Hannah Cole/ }).filter({ hasText: 'likes her new school' })
    await article.getByText('Maya Reed: Read', { exact: true }).waitFor()
  })

  await step('a reply from the mailbox page takes the same way', async () => {
    const desk = await openPage(t, browser, { baseURL: world.mailbox_http })
    await desk.goto(`/messages/${mail.id}`)
    await desk.getByLabel('Your answer').fill(SECOND)
    await desk.getByRole('button', { name: 'Send' }).click()
    await desk.getByText('Your mail was sent').waitFor()
    await watchFor(kiosk, SECOND)
    await until('it in the queue', async () => {
      await rhian.goto('/queue')
      return (await rhian.getByRole('listitem').filter({ hasText: 'Maya Reed. From Hannah Cole' }).count()) > 0
    })
    const answered = await approve(rhian, SECOND, 'Maya Reed. From Hannah Cole')
    const appeared = await until('it on the kiosk', () => kiosk.evaluate(() => window.sameDocument && window.appeared))
    assert.ok(appeared - answered < 1000, `it appeared ${appeared - answered} ms after it was released`)
  })

  await step('a page that is open on the staff site shows by itself that she read it', async () => {
    await kiosk.goto('/kiosk/home') // she is elsewhere
    const sent = await sendMail({ server: world.smtp, from: `Hannah Cole <${HANNAH}>`, to: mail.reply_to, subject: `RE: ${mail.subject}`, body: 'A third letter.' })
    assert.equal(sent.code, 0, sent.reply)
    await until('it in the queue', async () => {
      await rhian.goto('/queue')
      return (await rhian.getByRole('listitem').filter({ hasText: 'Maya Reed. From Hannah Cole' }).count()) > 0
    })
    await approve(rhian, 'A third letter.', 'Maya Reed. From Hannah Cole')
    await rhian.goto(`/threads/${thread.id}`)
    await rhian.evaluate(() => (window.sameDocument = true))
    const article = rhian.getByRole('article', { name: /^Hannah Cole/ }).filter({ hasText: 'A third letter.' })
    assert.equal(await article.getByText('Maya Reed: Read', { exact: true }).count(), 0, 'it is called read before she opened it')
    await openConversation(kiosk, SUBJECT)
    await article.getByText('Maya Reed: Read', { exact: true }).waitFor()
    assert.equal(await rhian.evaluate(() => window.sameDocument), true, 'the page was loaded again')
  })

  await step('the audit verifies, while it is served and after', async () => {
    assert.match(await auditVerifies(world), /./)
    await kiosk.context().close()
    await rhian.context().close()
    await world.stop()
    await auditVerifies(world)
  })
})
