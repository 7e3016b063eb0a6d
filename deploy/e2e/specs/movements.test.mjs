// The prison's list of movements: an officer reads it in her own name, says that a woman was called and has arrived, and the wing's board shows it as it happens; what is moved is announced until
// somebody has read that; what nobody has read in time raises the alarm on the board and with the worker, as does a woman who did not come. It is printed, and downloaded.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAddress, checkPage } from '../lib/axe.mjs'
import { launch, OUT, steps } from '../lib/browser.mjs'
import { api, mailWith, signIn } from '../lib/people.mjs'
import { run } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

// What no list of movements may tell: what a meeting is about, and who outside is in it.
const SECRETS = /review|Ella|Hannah|Northvale|looked|Rhian/i

/** Prints a page and makes pictures of it, to be looked at. */
async function print(page, name) {
  await page.pdf({ path: `${OUT}/${name}.pdf`, format: 'A4' })
  const made = await run('pdftoppm', ['-r', '60', '-png', `${OUT}/${name}.pdf`, `${OUT}/${name}`])
  assert.equal(made.code, 0, made.stderr)
  const text = await run('pdftotext', ['-layout', `${OUT}/${name}.pdf`, '-'])
  return text.stdout
}

test('from the list to the board and back', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const step = steps(t)
  const kit = await signIn(t, browser, world, 'kit.marsh@fenbrook.example', { expect: [/422/, /409/] })
  const board = await signIn(t, browser, world, 'paul.stead@fenbrook.example')
  const rhian = await signIn(t, browser, world, 'rhian.price@pact.example')
  const carys = world.mothers.find((m) => m.name === 'Carys Bevan')
  const row = (page, name) => page.getByRole('main').getByRole('listitem').filter({ hasText: name }).first()

  await step('the list says who, when, where and with whom, and nothing else', async () => {
    await checkAddress(kit, 'movements', '/movements')
    const text = await kit.getByRole('main').innerText()
    assert.match(text, /Maya Reed/)
    assert.match(text, /Pact/)
    assert.doesNotMatch(text, SECRETS)
    assert.equal(await kit.locator('select[name=wing]').count(), 0, 'an officer of one wing chooses another')
  })

  await step('nobody has read it: the board says so as an alarm', async () => {
    await checkAddress(board, 'movement-board-alarm', '/movements/board', { langs: ['en'] })
    assert.doesNotMatch(await board.getByRole('main').innerText(), SECRETS)
    await board.getByRole('alert').filter({ hasText: 'Maya Reed' }).waitFor()
    await board.getByText('Nobody has acknowledged it', { exact: true }).first().waitFor()
  })

  await step('she reads it in her own name, and calls her: the board shows each as it happens', async () => {
    await kit.goto('/movements')
    await kit.getByRole('button', { name: /^I have read/ }).first().click()
    await kit.getByText('Acknowledged in your name').waitFor()
    await board.getByText(/Acknowledged by Kit Marsh/).first().waitFor()
    assert.equal(await board.getByRole('alert').filter({ hasText: 'Maya Reed' }).count(), 0, 'the alarm goes on')
    await kit.getByRole('button', { name: 'Called Maya Reed' }).click()
    await row(board, 'Maya Reed').getByText('Called', { exact: true }).waitFor()
    await kit.getByRole('button', { name: 'Arrived Maya Reed' }).click()
    await row(board, 'Maya Reed').getByText('Arrived', { exact: true }).waitFor()
    await kit.getByRole('button', { name: 'Take back “arrived” Maya Reed' }).click()
    await row(board, 'Maya Reed').getByText('Not called yet', { exact: true }).waitFor()
  })

  await step('what the worker moves is announced until it is read', async () => {
    const starts = new Date(Math.ceil(Date.now() / 300_000) * 300_000 + 1_800_000)
    const clock = starts.toLocaleTimeString('en-GB', { timeZone: 'Europe/London', hour: '2-digit', minute: '2-digit' })
    await rhian.goto(`/meetings/${world.meetings[0].id}/move`)
    await rhian.getByLabel('Day', { exact: true }).fill(starts.toLocaleDateString('en-CA', { timeZone: 'Europe/London' }))
    await rhian.locator('input[name=clock]').fill(clock)
    await rhian.locator('form button').filter({ hasText: 'Continue' }).or(rhian.getByRole('main').getByRole('button')).first().click()
    await rhian.locator('button[value=sure]').click()
    await rhian.getByText('The meeting has new times').waitFor()
    await board.getByText(/New:/).first().waitFor()
    await checkPage(board, 'movement-board-moved', { widths: [1280] })
    await kit.goto('/movements')
    await kit.getByText(/New:/).first().waitFor()
    await checkPage(kit, 'movements-moved', { widths: [320] })
    await kit.getByRole('button', { name: /^I have read this Maya Reed/ }).first().click()
    await kit.getByText('Acknowledged in your name').waitFor()
  })

  await step('planned at short notice and read by nobody: the board and the worker are told', async () => {
    const starts = new Date(Date.now() + 60_000)
    await api(world, 'POST', '/meetings', { body: { case_id: carys.case_id, kind: 'pre_brief', starts, ends: new Date(+starts + 1_800_000) }, headers: { 'Idempotency-Key': 'short' } })
    await board.getByRole('alert').filter({ hasText: 'Carys Bevan' }).waitFor()
    await board.goto('/movements/board?lang=cy')
    await checkPage(board, 'movement-board-short', { widths: [320] })
    await board.goto('/movements/board?lang=en')
    const mail = await mailWith(world, 'rhian.price@pact.example', (m) => /begins soon/.test(m.text))
    assert.doesNotMatch(mail.subject + mail.text, /Carys|Bevan|Fenbrook|prison officer/)
    await rhian.goto('/')
    await rhian.getByText(/Carys Bevan.*nobody on her wing has acknowledged/).waitFor()
    await checkPage(rhian, 'movement-home', { widths: [320] })
  })

  await step('she does not come: the reason is asked, and the worker is told', async () => {
    await kit.goto('/movements')
    await kit.getByRole('link', { name: 'Did not come Carys Bevan' }).click()
    await kit.getByRole('button', { name: 'Did not come' }).click()
    await kit.getByRole('link', { name: 'Choose why she did not come.' }).waitFor()
    await checkPage(kit, 'movement-missed-error')
    await kit.getByLabel('She was not well').check()
    await kit.getByRole('button', { name: 'Did not come' }).click()
    await kit.getByText('Recorded').first().waitFor()
    await row(board, 'Carys Bevan').getByText('Did not come', { exact: true }).waitFor()
    await rhian.goto('/')
    await rhian.getByText(/Carys Bevan.*she did not come\. She was not well/).waitFor()
    await rhian.getByRole('listitem').filter({ hasText: 'she did not come' }).getByRole('button', { name: 'I have seen to it' }).click()
    await rhian.getByText('Noted that you have seen to it').waitFor()
    assert.equal(await rhian.getByText(/she did not come/).count(), 0)
  })

  await step('it is printed as a list and as slips, and downloaded', async () => {
    await kit.goto('/movements?lang=en')
    const list = await print(kit, 'movements')
    assert.match(list, /Carys/)
    assert.doesNotMatch(list, SECRETS)
    await checkAddress(kit, 'movement-slips', '/movements/slips', { widths: [320] })
    const slips = await print(kit, 'movement-slips')
    assert.match(slips, /Unlock at/)
    assert.doesNotMatch(slips, SECRETS)
    await kit.goto('/movements?lang=en')
    await kit.getByRole('link', { name: 'Day after' }).click()
    await kit.waitForURL(/day=/)
    const file = await kit.getByRole('link', { name: 'Download' }).getAttribute('href')
    assert.equal(new URL(file, world.http).searchParams.get('day'), new URL(kit.url()).searchParams.get('day'), 'the file is of another day')
    const csv = await kit.evaluate(async () => (await fetch('/movements.csv')).text())
    assert.match(csv, /^\ufeff?Unlock at,Woman,Prisoner number/)
    assert.match(csv, /Carys Bevan,A1002BB,A wing,.*Did not come,She was not well/)
    assert.doesNotMatch(csv, SECRETS)
  })

  await step('an officer of another prison has another list, and can press nothing here', async () => {
    const jo = await signIn(t, browser, world, 'jo.vale@larkfield.example', { expect: [/404/] })
    await jo.goto('/movements')
    assert.equal(await jo.getByText(/Maya Reed|Carys Bevan/).count(), 0)
    await kit.goto('/movements')
    const movement = await row(kit, 'Carys Bevan').getAttribute('id')
    assert.match(movement, /^mov_/)
    const refused = await jo.goto(`/movements/${movement}/missed`)
    assert.equal(refused.status(), 404)
  })

  await step('wanted in two places at once: both lines say so', async () => {
    for (const minutes of [20, 25]) {
      const starts = new Date(Date.now() + minutes * 60_000)
      await api(world, 'POST', '/meetings', { body: { case_id: carys.case_id, kind: 'pre_brief', starts, ends: new Date(+starts + 1_800_000) }, headers: { 'Idempotency-Key': `twice-${minutes}` } })
    }
    await checkAddress(kit, 'movements-twice', '/movements')
    assert.equal(await kit.getByRole('main').getByText('two things at the same time').locator('visible=true').count(), 2) // and not the line of the meeting that she did not come to
    await checkAddress(board, 'movement-board-twice', '/movements/board', { langs: ['en'] })
    await board.getByText('two things at the same time').first().waitFor()
  })

  await auditVerifies(world)
})
