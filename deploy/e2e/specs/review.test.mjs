// Review: a message of hers comes back with an explanation, is written again, is withheld, and a second person whom she asks lets it go; and a reply
// with a file shows its reviewer the words that were to be pointed out, and reaches her without the file.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPage } from '../lib/axe.mjs'
import { launch, steps } from '../lib/browser.mjs'
import { sendRaw } from '../lib/mail.mjs'
import { enrol, mailWith, openConversation, openKiosk, signIn, threadWith, unlock } from '../lib/people.mjs'
import { startWorld } from '../lib/world.mjs'

const SUBJECT = "Ella's school and her next review"
const HANNAH = 'hannah.cole@northvale.example'

/** A reply with one text file. */
function withFile(to, words) {
  return [`From: Hannah Cole <${HANNAH}>`, `To: ${to}`, 'Subject: Re: Kinbridge message', `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`, `Message-ID: <review-${Date.now()}@northvale.example>`,
    'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=part', '', '--part', 'Content-Type: text/plain; charset=utf-8', '', words, '--part', 'Content-Type: text/plain; name="address.txt"',
    'Content-Disposition: attachment; filename="address.txt"', '', '4 Private Lane', '--part--', ''].join('\r\n')
}

async function openHold(staff, words) {
  await staff.goto('/queue')
  await staff.getByRole('listitem').filter({ hasText: words }).last().getByRole('link').click()
}

async function writeAt(kiosk, words) {
  await kiosk.getByLabel('Your message').fill(words)
  await kiosk.getByRole('button', { name: 'Send', exact: true }).click()
  await kiosk.getByRole('heading', { name: 'We have your message' }).waitFor()
}

test('returned, written again, withheld, looked at by somebody else; and a file kept back', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const step = steps(t)
  const thread = threadWith(world, { mother: 'Maya Reed', channel: 'official', email: HANNAH })
  const kiosk = await openKiosk(t, browser, world)
  const rhian = await signIn(t, browser, world, 'rhian.price@pact.example')

  await step('her message comes back and says why', async () => {
    await openHold(rhian, 'Maya Reed. From the mother')
    await rhian.getByText('1 thing pointed out').waitFor()
    assert.equal(await rhian.locator('mark').first().innerText().then((w) => w.includes('school report')), true)
    await checkPage(rhian, "review-hold")
    await rhian.getByLabel('What should the author change?').fill('Ask for the report in its own message.')
    await rhian.getByRole('button', { name: 'Send it back' }).click()
    await rhian.getByText('Sent back to its author').first().waitFor()
    await enrol(kiosk, world)
    await unlock(kiosk, world, 'Maya Reed')
    await openConversation(kiosk, SUBJECT)
    await kiosk.getByText('Ask for the report in its own message.').waitFor()
    await checkPage(kiosk, "review-kiosk")
  })

  await step('she writes it again, and it is withheld', async () => {
    await kiosk.getByRole('link', { name: 'Write it again' }).click()
    assert.match(await kiosk.getByLabel('Your message').inputValue(), /new school/)
    await writeAt(kiosk, 'How is Ella at her new school?')
    await openHold(rhian, 'Maya Reed. From the mother')
    await rhian.getByText('How is Ella at her new school?').waitFor()
    await rhian.getByLabel('It tells of another person').check()
    await rhian.getByRole('button', { name: 'Withhold', exact: true }).click()
    await rhian.getByText('Withheld. It goes no further').waitFor()
  })

  await step('somebody else, who did not decide first, lets it go', async () => {
    await kiosk.getByRole('link', { name: 'See your messages' }).click()
    await kiosk.locator('article').filter({ hasText: 'How is Ella' }).getByRole('button', { name: 'Ask somebody else to look' }).click()
    await kiosk.locator('article').filter({ hasText: 'How is Ella' }).getByText('reading it first').waitFor()
    const sam = await signIn(t, browser, world, 'sam.thorne@fenbrook.example')
    await openHold(sam, 'second person')
    await sam.getByText('First decision').waitFor()
    await sam.getByRole('button', { name: 'Release', exact: true }).click()
    await sam.getByText('Released. It is on its way').waitFor()
    await mailWith(world, HANNAH, (m) => m.text.startsWith('How is Ella at her new school?'))
  })

  await step('a reply reaches her without the file that was kept back', async () => {
    const sent = await sendRaw({ server: world.smtp, from: HANNAH, to: thread.reply_address, data: withFile(thread.reply_address, 'Her school report follows.') })
    assert.equal(sent.code, 0, sent.reply)
    await rhian.waitForTimeout(2000)
    await openHold(rhian, 'From Hannah Cole to the mother')
    await rhian.getByText('1 thing pointed out').waitFor()
    await rhian.getByLabel('address.txt').check()
    await rhian.getByRole('button', { name: 'Release', exact: true }).click()
    await rhian.getByText('Released. It is on its way').waitFor()
    await kiosk.reload()
    const card = kiosk.locator('article').filter({ hasText: 'Her school report follows.' })
    await card.getByText('One file was not passed on').waitFor()
    assert.equal((await kiosk.content()).includes('address.txt'), false)
    await kiosk.getByRole('button', { name: 'Lock', exact: true }).click()
    await kiosk.waitForURL(/locked|kiosk\/$/)
  })
})
