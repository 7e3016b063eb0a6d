// A local authority whose server offers no secure connection, although one is required: what is written to it does not go there. A notice
// does, through a real Postfix; behind its link she asks for a code, reads and answers. Each page is looked at by axe.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { checkAddress, checkPage } from '../lib/axe.mjs'
import { launch, openPage, steps } from '../lib/browser.mjs'
import { api, signIn, threadWith } from '../lib/people.mjs'
import { freePort, startPostfix } from '../lib/postfix.mjs'
import { binary, serve, until } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const HANNAH = 'hannah.cole@northvale.example'
const WORDS = 'Hannah, Maya asks whether Ella’s review can be on Friday.\n\nYdych chi’n gallu ateb?'

const config = (http, smtp, smarthost) => `
public_url = "http://${http}"
[http]
addr = "${http}"
[mail]
addr = "${smtp}"
smarthost = "${smarthost}"
smarthost_tls = "none"
tls_required = ["northvale.example"]
[rooms]
udp = "127.0.0.1:0"
tcp = "127.0.0.1:0"
loopback = true
`

test('a message that cannot be mailed securely is read on its page', async (t) => {
  const world = await startWorld(t)
  const step = steps(t)
  const thread = threadWith(world, { mother: 'Maya Reed', channel: 'official', email: HANNAH })
  await world.stop() // the same world is gone on with, as a real one is served
  const [http, smtp] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const postfix = await startPostfix(t, { mailboxes: [HANNAH], relay: 'in.kinbridge.example', gateway: smtp })
  const file = path.join(path.dirname(world.dir), 'kinbridge.toml')
  await writeFile(file, config(http, smtp, postfix.server))
  const program = await serve(t, binary('kinbridge'), ['serve', '--dir', world.dir, '--config', file], { url: `http://${http}/readyz`, log: `${world.dir}-serve.log` })
  world.http = `http://${http}`
  const browser = await launch(t)
  const page = await openPage(t, browser, { baseURL: world.http, expect: [/status of (401|404|422)/] })
  const mailed = async (what, subject) =>
    until(what, async () => (await postfix.mails(HANNAH)).findLast((m) => m.includes(`Subject: ${subject}`)), { timeout: 30_000, every: 200 }).catch(async (e) => {
      throw new Error(`${e.message}\n${await postfix.said()}\n${program.logged()}`)
    })
  const delivery = async (id) => (await api(world, 'GET', `/threads/${thread.id}/messages`)).items.find((m) => m.id === id).deliveries.find((d) => d.recipient.email === HANNAH)
  let posted, link

  await step('a notice comes, and not a word of the message', async () => {
    posted = await api(world, 'POST', `/threads/${thread.id}/messages`, { body: { text: WORDS }, headers: { 'Idempotency-Key': 'one' } })
    const mail = await mailed('the notice', 'A message is waiting for you')
    const text = mail.replaceAll('=\r\n', '').replaceAll('=\n', '')
    for (const word of ['Maya', 'Ella', 'Friday', 'review', thread.reference ?? 'KB-']) assert.ok(!text.includes(word), `the notice says "${word}"`)
    assert.match(mail, /^Auto-Submitted: auto-generated/m)
    assert.doesNotMatch(mail, /^List-Unsubscribe/im)
    link = new URL(/http:\/\/[^\s"<]+\/read\/[0-9a-z]+/.exec(text)[0]).pathname
    await until('the delivery to be noted', async () => ['sent', 'accepted'].includes((await delivery(posted.id)).state))
  })

  await step('she asks for a code, reads and answers', async () => {
    await checkAddress(page, 'read', link)
    await page.getByRole('button', { name: 'Send me a code' }).click()
    await page.getByText('Enter the code from our email').waitFor()
    await checkAddress(page, 'read-code', `${link}/code`)
    const code = /^\s*(\d{6})\s*$/m.exec(await mailed('the code', 'Your code'))[1]
    await page.locator('input[name=code]').fill(String((Number(code) + 1) % 1_000_000).padStart(6, '0'))
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('This code is not right').first().waitFor()
    await checkPage(page, 'read-code-wrong')
    await page.locator('input[name=code]').fill(code)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('can be on Friday').waitFor()
    await checkAddress(page, 'read-message', '/read/message')
    await page.getByRole('button', { name: 'Send my answer' }).click()
    await page.getByText('Write your answer first').first().waitFor()
    await checkPage(page, 'read-message-error')
    await page.locator('textarea[name=body]').fill('Friday is good. Hannah')
    await page.getByRole('button', { name: 'Send my answer' }).click()
    await page.getByText('Your answer is sent').waitFor()
    await checkAddress(page, 'read-sent', '/read/sent')
    const held = (await api(world, 'GET', `/threads/${thread.id}/messages`)).items.find((m) => m.text.includes('Friday is good'))
    assert.equal(held.state, 'held')
    assert.equal((await delivery(posted.id)).state, 'seen')
  })

  await step('staff see in words how it went', async () => {
    const staff = await signIn(t, browser, world, 'rhian.price@pact.example')
    await staff.goto(`/threads/${thread.id}`)
    await staff.getByText('Read on the secure page').first().waitFor()
    await staff.getByText('the mail server of northvale.example cannot be reached securely').waitFor()
    await checkPage(staff, 'staff-thread-notice')
    await staff.goto('about:blank') // its live connection would outlive the server
  })

  await step('she closes it, and it is closed', async () => {
    await page.getByRole('button', { name: 'Close the message on this device' }).click()
    await page.getByText('The message is closed on this device').waitFor()
    await checkAddress(page, 'read-done', '/read/done')
    await checkAddress(page, 'read-no-session', '/read/message')
    await checkAddress(page, 'read-unknown', '/read/0123456789abcdefghjkmnpqrstvwxyz')
  })

  await step('the audit verifies', async () => {
    await program.stop()
    await auditVerifies(world)
  })
})
