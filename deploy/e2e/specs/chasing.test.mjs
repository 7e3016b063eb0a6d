// Chasing: an answer is waited for and was asked for again; a person sends the draft that waits, the mother is told that it was asked again, the council
// promises the answer, which is no answer yet, and then answers by mail. The days before were passed by the demo's own history, as the ladder would have
// left it; that the days make the drafts is shown with a moved clock in gateway/flow.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAddress } from '../lib/axe.mjs'
import { launch, steps } from '../lib/browser.mjs'
import { sendMail } from '../lib/mail.mjs'
import { enrol, mailWith, openKiosk, signIn, threadWith, unlock } from '../lib/people.mjs'
import { until } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const LEAH = 'leah.quist@southmere.example'
const OUT = new URL('../out/', import.meta.url).pathname

async function reply(world, thread, staff, body) {
  const sent = await sendMail({ server: world.smtp, from: `Leah Quist <${LEAH}>`, to: thread.reply_address, subject: 'Re: Kinbridge message', body })
  assert.equal(sent.code, 0, sent.reply)
  await until('it in the queue', async () => {
    await staff.goto('/queue')
    const links = staff.getByRole('listitem').filter({ hasText: 'Maya Reed' }).getByRole('link')
    for (let i = (await links.count()) - 1; i >= 0; i--) {
      await staff.goto('/queue')
      await links.nth(i).click()
      if (await staff.getByRole('main').getByText(body).first().isVisible()) return true
    }
    return false
  })
  await staff.getByRole('button', { name: 'Release', exact: true }).click()
  await staff.getByText('Released. It is on its way').waitFor()
}

test('an answer is chased until it comes', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const step = steps(t)
  const tom = threadWith(world, { mother: 'Maya Reed', channel: 'official', email: LEAH })
  const rhian = await signIn(t, browser, world, 'rhian.price@pact.example')
  const kiosk = await openKiosk(t, browser, world)
  await enrol(kiosk, world)
  await unlock(kiosk, world, 'Maya Reed')

  await step('the mother sees that it was asked again', async () => {
    await kiosk.goto('/kiosk/mine')
    await kiosk.getByText(/We asked again (on|yesterday)/).first().waitFor()
    await kiosk.screenshot({ path: `${OUT}kiosk-mine-asked.png`, fullPage: true })
    await kiosk.goto('/kiosk/mine/rights')
    await kiosk.getByText('There is no message of yours to look at again.').waitFor()
  })

  await step('a person sends the draft, and the council has it', async () => {
    await rhian.goto('/asks')
    await rhian.screenshot({ path: `${OUT}staff-asks.png`, fullPage: true })
    await rhian.getByRole('row').filter({ hasText: "Tom's placement" }).getByRole('link', { name: 'A reminder to the worker is ready' }).click()
    const draft = await rhian.getByLabel('Message', { exact: true }).inputValue()
    assert.match(draft, /This is about: Tom's placement/)
    await rhian.getByRole('button', { name: 'Send', exact: true }).click()
    await mailWith(world, LEAH, (m) => m.text.includes("This is about: Tom's placement"))
    await kiosk.goto('/kiosk/mine')
    await kiosk.getByText('We asked again today.').waitFor()
  })

  await step('a promise is no answer: a person is asked, and keeps waiting', async () => {
    await reply(world, tom, rhian, 'Thank you. I will get back to you within ten working days.')
    await rhian.goto(`/threads/${tom.id}`)
    const ask = rhian.locator('form.govuk-inset-text')
    await ask.getByText(/A reply looks like a promise by/).waitFor()
    await rhian.screenshot({ path: `${OUT}staff-promise.png`, fullPage: true })
    await checkAddress(rhian, 'staff-promise-thread', `/threads/${tom.id}`)
    await rhian.goto(`/threads/${tom.id}?lang=en`)
    await ask.getByRole('button', { name: /Keep waiting until/ }).click()
    await rhian.goto(`/threads/${tom.id}`)
    assert.equal(await ask.count(), 0, 'it is still asked about')
    await kiosk.goto('/kiosk/mine')
    await kiosk.getByText(/We asked for an answer by/).first().waitFor()
  })

  await step('the answer ends it', async () => {
    await reply(world, tom, rhian, 'Tom has settled in well and likes his teacher.')
    await rhian.goto('/asks')
    assert.equal(await rhian.getByRole('row').filter({ hasText: "Tom's placement" }).count(), 0)
    await kiosk.goto('/kiosk/mine')
    await kiosk.getByRole('heading', { level: 1 }).waitFor()
    assert.equal(await kiosk.getByText(/We asked again today/).count(), 0, 'she is still told to wait')
  })

  await step('how authorities answer', async () => {
    await checkAddress(rhian, 'staff-ask-report', '/asks/report')
    await rhian.goto('/asks/report?lang=en')
    await rhian.getByRole('img', { name: 'How long answers took, in working days' }).waitFor()
    await rhian.getByRole('cell', { name: 'Southmere', exact: false }).first().waitFor()
    const [file] = await Promise.all([rhian.waitForEvent('download'), rhian.getByRole('link', { name: 'Download as a spreadsheet (CSV)' }).click()])
    assert.equal(file.suggestedFilename(), 'asks.csv')
    await rhian.screenshot({ path: `${OUT}staff-ask-report.png`, fullPage: true })
    await rhian.setViewportSize({ width: 320, height: 800 })
    await rhian.screenshot({ path: `${OUT}staff-ask-report-320.png`, fullPage: true })
  })
  await kiosk.context().close()
  await rhian.context().close()
  await auditVerifies(world)
})
