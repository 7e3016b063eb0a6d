// A meeting that goes on otherwise than planned, and what comes after it: the officer who brings her presses "by telephone", everybody is told; afterwards the worker records how she
// took part, keeps the minutes that came by email with the meeting, writes down what is to be done, and she says at the kiosk that she did not say what is recorded.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAddress, checkPage } from '../lib/axe.mjs'
import { launch, OUT, steps } from '../lib/browser.mjs'
import { enrol, mailWith, openKiosk, signIn, unlock } from '../lib/people.mjs'
import { run } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const HANNAH = 'hannah.cole@northvale.example'

/** The address of a link of the main part. */
const to = (page, name) => page.getByRole('main').getByRole('link', { name }).first().getAttribute('href')

/** Prints a page and makes pictures of it, to be looked at. */
async function print(page, name) {
  await page.pdf({ path: `${OUT}/${name}.pdf`, format: 'A4' })
  const made = await run('pdftoppm', ['-r', '60', '-png', `${OUT}/${name}.pdf`, `${OUT}/${name}`])
  assert.equal(made.code, 0, made.stderr)
}

test('down the ladder, and after the meeting', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const step = steps(t)
  const rhian = await signIn(t, browser, world, 'rhian.price@pact.example')
  const dana = await signIn(t, browser, world, 'dana.okoro@pact.example', { expect: [/422/] })
  const kit = await signIn(t, browser, world, 'kit.marsh@fenbrook.example')
  const kiosk = await openKiosk(t, browser, world)
  const meeting = `/meetings/${world.meetings[0].id}`

  await step('the officer who brings her presses once, and sees nothing of what it is about', async () => {
    await kit.goto('/movements')
    const href = await to(kit, 'Change how Maya Reed takes part')
    assert.equal(href, `/movements/${world.meetings[0].id}/step`)
    await checkAddress(kit, 'after-step', href)
    await kit.goto(href)
    assert.doesNotMatch(await kit.getByRole('main').innerText(), /review|Ella|Hannah/i)
    await kit.getByRole('button', { name: 'By telephone now' }).click()
    await kit.getByText('Changed, and everybody is told').waitFor()
    await checkPage(kit, 'after-stepped')
  })

  await step('the guest is told in neutral words, the worker sees who and why, the mother sees and hears it', async () => {
    const mail = await mailWith(world, HANNAH, (m) => m.text.includes('by telephone'))
    assert.doesNotMatch(mail.text + mail.subject, /Maya|Reed|prison|Fenbrook|did not work/)
    await rhian.goto(meeting)
    await rhian.getByText('By telephone (Kit Marsh)').waitFor()
    await checkAddress(rhian, 'after-meeting', meeting)
    await enrol(kiosk, world)
    await unlock(kiosk, world, 'Maya Reed')
    await kiosk.goto('/kiosk/meetings')
    await kiosk.getByText('You will take part by telephone. The video did not work.').waitFor()
    await checkPage(kiosk, 'kiosk-meetings-stepped', { widths: [1280] })
    await rhian.goto(meeting)
    await rhian.getByRole('button', { name: 'By video after all' }).click()
    await rhian.getByText('Changed, and everybody is told').waitFor()
    await kiosk.goto('/kiosk/meetings')
    await kiosk.getByText('You can see and hear the others after all.').waitFor()
  })

  await step('home asks how she took part, and one press records what the ladder says', async () => {
    await rhian.goto('/')
    await rhian.getByRole('heading', { name: 'How did she take part?' }).waitFor()
    await checkAddress(rhian, 'after-home', '/')
    await rhian.getByRole('button', { name: /^Record: By telephone/ }).click()
    await rhian.getByText('Recorded').waitFor()
    assert.equal(await rhian.getByRole('heading', { name: 'How did she take part?' }).count(), 0)
  })

  let late
  await step('minutes that came by email are kept with the meeting; the words suggest which', async () => {
    await dana.goto('/')
    late = (await to(dana, 'Team around the child')).split('#')[0]
    await dana.goto('/queue')
    await dana.getByRole('main').getByRole('link', { name: /Jack and Amy/ }).first().click()
    await dana.getByRole('link', { name: 'These are the minutes of a meeting' }).click()
    assert.ok(await dana.getByLabel(/Team around the child/).first().isChecked(), 'the meeting is not suggested')
    await checkAddress(dana, 'after-minutes', new URL(dana.url()).pathname)
    await dana.getByRole('button', { name: 'Keep them with the meeting' }).click()
    await dana.getByText('The minutes are kept with the meeting').waitFor()
    await checkAddress(dana, 'after-record', late)
  })

  await step('actions are entered, closed, and wrong forms are explained', async () => {
    await dana.goto(late)
    await dana.getByRole('button', { name: 'Add it' }).click()
    await dana.getByRole('link', { name: 'Say what is to be done, in at most 300 characters' }).waitFor()
    await checkPage(dana, 'after-record-error')
    await dana.goto(late)
    await dana.getByLabel('What is to be done').fill('Send the school report')
    await dana.locator('select[name=owner]').selectOption({ label: 'Leah Quist' })
    await dana.getByLabel('By when').fill(new Date(Date.now() + 9 * 86400e3).toISOString().slice(0, 10))
    await dana.getByRole('button', { name: 'Add it' }).click()
    await dana.getByText('Recorded').first().waitFor()
    await dana.getByRole('button', { name: /It is done ?: Tell Amy/ }).click()
    await dana.getByText('Recorded').first().waitFor()
    await dana.goto('/asks')
    assert.ok(await dana.getByRole('main').getByText('Jack and Amy: core group').count(), 'the owner is not asked')
  })

  await step('attendance says what is proven, and prints', async () => {
    const at = late.replace('/after', '/attendance')
    await checkAddress(dana, 'after-attendance', at)
    await print(dana, 'after-attendance')
    await dana.goto(late)
    await print(dana, 'after-record')
  })

  await step('her page shows it all once the minutes are hers, and she disputes what is recorded', async () => {
    const own = await openKiosk(t, browser, world)
    await enrol(own, world, 2)
    await unlock(own, world, 'Leanne Ward')
    const page = late.replace('/meetings', '/kiosk/meetings')
    await own.goto(page)
    await own.getByText('You were there by telephone.').waitFor()
    assert.equal(await own.getByText('Write to Amy').count(), 0, 'what the minutes say is shown before they are hers')
    await dana.goto('/queue')
    await dana.getByRole('main').getByRole('link', { name: /Jack and Amy/ }).first().click()
    await dana.getByRole('button', { name: 'Release', exact: true }).click()
    await dana.getByText('Released. It is on its way').waitFor()
    await own.goto(page)
    await own.getByText(/Write to Amy about her new school\. By/).waitFor()
    await own.getByRole('link', { name: 'Read what was written about the meeting' }).waitFor()
    await checkPage(own, 'kiosk-after', { widths: [1280] })
    await own.getByRole('button', { name: 'That is not what I said' }).click()
    await own.getByText('Your Pact worker will talk with you').waitFor()
    await own.goto(`${page}?lang=cy`)
    await checkPage(own, 'kiosk-after-cy', { widths: [1280] })
    await dana.goto('/')
    await dana.getByText('She says: that is not what I said').waitFor()
    await dana.goto(late)
    await dana.getByRole('button', { name: 'I have seen to it' }).click()
    await dana.getByText('Recorded').first().waitFor()
  })

  await step('the debrief is Pact’s alone', async () => {
    await dana.goto('/meetings')
    const debrief = await to(dana, 'Talk after a meeting')
    await checkAddress(dana, 'after-debrief', debrief)
    await dana.goto(`${debrief}?lang=en`)
    await dana.getByText('She wants to write tonight.').waitFor()
    const asha = await signIn(t, browser, world, 'asha.lind@larkfield.example', { expect: [/404/] })
    const refused = await asha.goto(debrief)
    assert.equal(refused.status(), 404)
  })

  await step('the next meeting begins with what this one was', async () => {
    const plan = `/cases/${world.meetings[0].case_id}/plan?kind=looked_after_review&like=${world.meetings[0].id}&by=2027-05-28`
    await checkAddress(rhian, 'after-plan', plan)
    await rhian.goto(`${plan}&lang=en`)
    assert.ok(await rhian.getByLabel(/^Hannah Cole/).isChecked(), 'who was there is not chosen')
    assert.equal(await rhian.getByLabel('Day', { exact: true }).inputValue(), '2027-05-14')
    assert.equal(await rhian.getByLabel('How long', { exact: false }).inputValue(), '180')
    await rhian.getByText('It is due by Friday 28 May 2027').waitFor()
  })

  await auditVerifies(world)
})
