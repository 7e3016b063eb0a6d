// The gateway between two ordinary mail servers: `kinbridge serve` sends through Postfix, which delivers into a Maildir, and the
// social worker's reply comes back through Postfix.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { steps } from '../lib/browser.mjs'
import { sendMail } from '../lib/mail.mjs'
import { api, threadWith } from '../lib/people.mjs'
import { freePort, startPostfix } from '../lib/postfix.mjs'
import { binary, serve, until } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const HANNAH = 'hannah.cole@northvale.example'
const WORDS = 'Hannah, Maya asks whether Ella’s review can be by video. Ydych chi’n gallu ateb?'

const config = (http, smtp, smarthost) => `
public_url = "http://${http}"
[http]
addr = "${http}"
[mail]
addr = "${smtp}"
smarthost = "${smarthost}"
smarthost_tls = "none"
[rooms]
udp = "127.0.0.1:0"
tcp = "127.0.0.1:0"
loopback = true
[sender_txt]
"northvale.example" = ["v=spf1 ip4:127.0.0.0/8 -all"]
"southmere.example" = ["v=spf1 ip4:127.0.0.0/8 -all"]
`

test('mail to and from a local authority whose server is Postfix', async (t) => {
  const world = await startWorld(t)
  const step = steps(t)
  const thread = threadWith(world, { mother: 'Maya Reed', channel: 'official', email: HANNAH })
  await world.stop() // the same world is gone on with, as a real one is served
  const [http, smtp] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const postfix = await startPostfix(t, { mailboxes: [HANNAH, 'pia.lund@southmere.example'], relay: 'in.kinbridge.example', gateway: smtp })
  const file = path.join(path.dirname(world.dir), 'kinbridge.toml')
  await writeFile(file, config(http, smtp, postfix.server))
  const startProgram = () => serve(t, binary('kinbridge'), ['serve', '--dir', world.dir, '--config', file], { url: `http://${http}/readyz`, log: `${world.dir}-serve.log` })
  let program = await startProgram()
  world.http = `http://${http}`
  const messages = async () => (await api(world, 'GET', `/threads/${thread.id}/messages?limit=200`)).items
  let mail

  await step('what is posted is in the worker’s Maildir', async () => {
    const posted = await api(world, 'POST', `/threads/${thread.id}/messages`, { body: { text: WORDS }, headers: { 'Idempotency-Key': 'one' } })
    const again = await api(world, 'POST', `/threads/${thread.id}/messages`, { body: { text: WORDS }, headers: { 'Idempotency-Key': 'one' } })
    assert.deepEqual([again.id, again.repeated], [posted.id, true])
    assert.equal(posted.state, 'released')
    mail = await until('the mail in the Maildir', async () => (await postfix.mails(HANNAH)).find((m) => m.includes(posted.id)), { timeout: 30_000, every: 200 }).catch(async (e) => {
      throw new Error(`${e.message}\n${await postfix.said()}\n${program.logged()}`)
    })
    assert.match(mail, new RegExp(`^Reply-To: .*${thread.reply_address}|^From: .*${thread.reply_address}`, 'm'))
    assert.equal((await postfix.mails(HANNAH)).filter((m) => m.includes(posted.id)).length, 1, 'it came more than once')
    await until('the delivery to be noted', async () => {
      const [d] = (await messages()).find((m) => m.id === posted.id).deliveries.filter((d) => d.recipient.email === HANNAH)
      return d.state === 'sent' || d.state === 'accepted'
    })
  })

  await step('her reply by way of Postfix is held in the thread', async () => {
    const id = /^Message-ID: <([^>]+)>/im.exec(mail)[1]
    const got = await sendMail({ server: postfix.server, from: HANNAH, to: thread.reply_address, subject: 'RE: your message', headers: { 'In-Reply-To': `<${id}>`, References: `<${id}>` },
      body: `Yes, by video. Gallaf.\n\nOn 23 Nov 2026, Kinbridge wrote:\n> ${WORDS}` })
    assert.equal(got.code, 0, got.reply)
    const held = await until('the reply', async () => (await messages()).find((m) => m.text.includes('Yes, by video. Gallaf.')), { timeout: 30_000, every: 200 }).catch(async (e) => {
      throw new Error(`${e.message}\n${await postfix.said()}\n${program.logged()}`)
    })
    assert.equal(held.state, 'held')
    assert.ok(!held.text.includes('asks whether'), held.text)
    assert.ok(held.quoted.includes('asks whether'), 'the history is kept apart')
    await api(world, 'POST', `/holds/${held.hold_id}/release`, { body: {} })
    assert.equal((await messages()).find((m) => m.id === held.id).state, 'released')
  })

  await step('a bounce from Postfix is seen on the delivery that it is about', async () => {
    const leah = threadWith(world, { mother: 'Maya Reed', channel: 'official', email: 'leah.quist@southmere.example' }) // whom this server does not know
    const posted = await api(world, 'POST', `/threads/${leah.id}/messages`, { body: { text: 'To somebody who has left.' }, headers: { 'Idempotency-Key': 'three' } })
    await until('the delivery to have failed', async () => {
      const all = (await api(world, 'GET', `/threads/${leah.id}/messages`)).items
      const d = all.find((m) => m.id === posted.id).deliveries.find((d) => d.recipient.email === 'leah.quist@southmere.example')
      return d.state === 'failed' && /unknown user|5\.1\.1/.test(d.detail)
    }, { timeout: 30_000, every: 200 })
  })

  await step('with the smarthost down, what is posted waits', async () => {
    await postfix.stop()
    const posted = await api(world, 'POST', `/threads/${thread.id}/messages`, { body: { text: 'While the mail server was down.' }, headers: { 'Idempotency-Key': 'two' } })
    assert.equal(posted.state, 'released')
    await new Promise((resolve) => setTimeout(resolve, 1500)) // the first try has failed by then; the next is a minute later
    const d = (await messages()).find((m) => m.id === posted.id).deliveries.find((d) => d.recipient.email === HANNAH)
    assert.equal(d.state, 'queued')
  })

  await step('both servers are killed while mail leaves: nothing is lost, and next to nothing comes twice', async () => {
    await postfix.start()
    const count = 60
    const ids = await Promise.all(Array.from({ length: count }, async (_, n) =>
      (await api(world, 'POST', `/threads/${thread.id}/messages`, { body: { text: `Number ${n} of many.` }, headers: { 'Idempotency-Key': `many-${n}` } })).id))
    const arrived = async () => {
      const all = await postfix.mails(HANNAH)
      const named = all.map((m) => /^Message-ID: <([^@>]+)/im.exec(m)?.[1])
      return ids.map((id) => named.filter((n) => n === id).length)
    }
    const some = (n) => until(`${n} of ${count} mails`, async () => (await arrived()).filter(Boolean).length >= n, { timeout: 150_000, every: 20 })
    await some(5)
    await postfix.kill()
    await postfix.start()
    await program.kill('SIGKILL')
    program = await startProgram()
    await some(count)
    const noted = await until('every delivery to be noted', async () => {
      const sent = (await messages()).filter((m) => ids.includes(m.id)).filter((m) => m.deliveries.some((d) => d.recipient.email === HANNAH && ['sent', 'accepted'].includes(d.state)))
      return sent.length === count
    }, { timeout: 120_000, every: 1000 })
    assert.ok(noted)
    // A server that took a mail and died before it said so is sent it again: at each kill at most as many as were being sent at once.
    const twice = (await arrived()).reduce((n, k) => n + k - 1, 0)
    t.diagnostic(`${twice} of ${count} came twice`)
    assert.ok(twice <= 20, `${twice} of ${count} came twice`)
  })

  await step('the audit verifies', async () => {
    await program.stop()
    await auditVerifies(world)
  })
})
