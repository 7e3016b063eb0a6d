// Consent: a social worker's email asks for it, her Pact worker makes a request of the email, she answers at the kiosk after it was read back to
// her, the council's mailbox gets her words and a signed record that verifies; she changes her mind.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { launch, steps } from '../lib/browser.mjs'
import { sendMail } from '../lib/mail.mjs'
import { enrol, mailWith, openKiosk, signIn, threadWith, unlock } from '../lib/people.mjs'
import { binary, run, until } from '../lib/process.mjs'
import { auditVerifies, kinbridge, startWorld } from '../lib/world.mjs'

const HANNAH = 'hannah.cole@northvale.example'
const OUT = new URL('../out/', import.meta.url).pathname
const QUESTION = 'Dear Maya,\n\nPlease can you give your consent for Ella to go on a school trip to the sea? We need your answer by Friday.\n\nHannah'

async function releaseLast(staff, words) {
  await until('it in the queue', async () => {
    await staff.goto('/queue')
    const links = staff.getByRole('listitem').filter({ hasText: 'Maya Reed' }).getByRole('link')
    for (let i = (await links.count()) - 1; i >= 0; i--) {
      await staff.goto('/queue')
      await links.nth(i).click()
      if (await staff.getByRole('main').getByText(words).first().isVisible()) return true
    }
    return false
  })
}

async function answers(kiosk, says, reason) {
  await kiosk.goto('/kiosk/mine')
  await kiosk.getByRole('link', { name: /nswer A school trip for Ella/ }).click()
  if (reason) await kiosk.getByRole('button', { name: reason }).click()
  await kiosk.screenshot({ path: `${OUT}kiosk-question.png`, fullPage: true })
  await kiosk.getByRole('button', { name: says, exact: true }).click()
  await kiosk.getByRole('heading', { name: `You are saying ${says.toUpperCase()} to a school trip for Ella Reed. Is that right?` }).waitFor()
  await kiosk.screenshot({ path: `${OUT}kiosk-readback.png`, fullPage: true })
  await kiosk.getByRole('button', { name: 'Yes, that is right' }).click()
  await kiosk.getByRole('heading', { name: 'We have your message' }).waitFor()
}

async function checked(world, mail, says) {
  const n = mail.attachments.findIndex((f) => f.name === 'record-of-answer.txt')
  assert.ok(n >= 0, `no record came: ${JSON.stringify(mail.attachments)}`)
  const bytes = Buffer.from(await (await fetch(`${world.mailbox_http}/messages/${mail.id}/files/${n}`)).arrayBuffer())
  const path = `${world.dir}-record-${says}.txt`
  await writeFile(path, bytes)
  const key = (await kinbridge(world, 'audit', 'key')).stdout.trim()
  const good = await run(binary('kinbridge'), ['audit', 'record', path, '--key', key])
  assert.equal(good.code, 0, good.stderr)
  assert.match(good.stdout, new RegExp(`Answer: ${says}`))
  await writeFile(path, bytes.toString('utf8').replace('Ella', 'Etta'))
  assert.notEqual((await run(binary('kinbridge'), ['audit', 'record', path, '--key', key])).code, 0, 'a changed record holds')
}

test('consent by email, kiosk and signed record', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const step = steps(t)
  const thread = threadWith(world, { mother: 'Maya Reed', channel: 'official', email: HANNAH })
  const kiosk = await openKiosk(t, browser, world)
  const rhian = await signIn(t, browser, world, 'rhian.price@pact.example')

  await step('her Pact worker makes a request of the email with one press', async () => {
    const sent = await sendMail({ server: world.smtp, from: `Hannah Cole <${HANNAH}>`, to: thread.reply_address, subject: 'Trip', body: QUESTION })
    assert.equal(sent.code, 0, sent.reply)
    await releaseLast(rhian, 'school trip to the sea')
    await rhian.getByRole('link', { name: 'Make a request of this' }).click()
    assert.ok(await rhian.getByLabel('School trip', { exact: true }).isChecked(), 'the kind is not suggested')
    await rhian.screenshot({ path: `${OUT}staff-request.png`, fullPage: true })
    await rhian.setViewportSize({ width: 320, height: 800 })
    await rhian.screenshot({ path: `${OUT}staff-request-320.png`, fullPage: true })
    await rhian.setViewportSize({ width: 1280, height: 900 })
    await rhian.getByRole('button', { name: 'Make the request' }).click()
    await rhian.getByText('Request made').waitFor()
    await releaseLast(rhian, 'school trip to the sea')
    await rhian.getByRole('button', { name: 'Release', exact: true }).click()
    await rhian.getByText('Released. It is on its way').waitFor()
  })

  await step('she answers after it was read back, and the council gets text and record', async () => {
    await enrol(kiosk, world)
    await unlock(kiosk, world, 'Maya Reed')
    await kiosk.goto('/kiosk/mine')
    await kiosk.screenshot({ path: `${OUT}kiosk-mine.png`, fullPage: true })
    await answers(kiosk, 'Yes', 'I am happy with this.')
    await releaseLast(rhian, 'My answer is YES')
    await rhian.getByRole('button', { name: 'Release', exact: true }).click()
    const mail = await mailWith(world, HANNAH, (m) => m.text.includes('My answer is YES. I say yes to a school trip for Ella Reed.'))
    assert.match(mail.text, /I am happy with this\./)
    await checked(world, mail, 'YES')
  })

  await step('she changes her mind', async () => {
    await answers(kiosk, 'No')
    await releaseLast(rhian, 'My answer is NO')
    await rhian.getByRole('button', { name: 'Release', exact: true }).click()
    const mail = await mailWith(world, HANNAH, (m) => m.text.includes('My answer is NO'))
    await checked(world, mail, 'NO')
    await kiosk.goto('/kiosk/mine')
    await kiosk.getByText('You said no.').waitFor()
    await kiosk.setViewportSize({ width: 320, height: 800 })
    await kiosk.screenshot({ path: `${OUT}kiosk-mine-320.png`, fullPage: true })
  })
  await kiosk.context().close()
  await rhian.context().close()
  await auditVerifies(world)
})
