// Before a meeting: she is reminded, says what she thinks one question a screen (typed and spoken), loses nothing by a lock, chooses how she takes part; her worker names who runs it
// and reviews her words; the reviewing officer's mailbox gets them; receipts and the proof of notice are on the staff pages.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { checkAddress, checkPage } from '../lib/axe.mjs'
import { KIOSK, launch, steps } from '../lib/browser.mjs'
import { enrol, mailWith, openKiosk, signIn, typeOnScreen, unlock } from '../lib/people.mjs'
import { until } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const IDRIS = 'idris.bell@northvale.example'
const TITLE = 'Ella\'s education plan'
const OUT = new URL('../out/', import.meta.url).pathname
const KIOSK_WIDTH = { widths: [KIOSK.width] }

const press = (page, words) => typeOnScreen(page, words, page.getByRole('textbox'))

/** Presses "Read to me" and waits for the sound. */
async function listens(page) {
  const sound = page.waitForResponse((r) => /\/speech\//.test(r.url()))
  await page.getByRole('button', { name: 'Read to me' }).first().click()
  await page.getByRole('button', { name: 'Yes, read to me' }).click()
  const got = await sound
  assert.ok(got.ok(), `${got.url()}: ${got.status()}`)
  const stop = page.getByRole('button', { name: 'Stop' })
  if (await stop.isVisible()) await stop.click()
}

test('what comes before a meeting', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const step = steps(t)
  const kiosk = await openKiosk(t, browser, world)
  const rhian = await signIn(t, browser, world, 'rhian.price@pact.example', { expect: [/status of 422/] })
  const meeting = async () => {
    await rhian.goto('/meetings')
    await rhian.getByRole('link', { name: TITLE }).click()
    await rhian.getByRole('heading', { name: 'Before the meeting' }).waitFor()
  }

  await step('her worker sees that she has said nothing, and she is reminded', async () => {
    await rhian.goto('/')
    await rhian.getByRole('link', { name: 'Everything to see to before meetings' }).click()
    await rhian.getByRole('row').filter({ hasText: 'She has not said what she thinks yet' }).first().waitFor()
    await checkAddress(rhian, 'staff-before-list', '/before')
    await enrol(kiosk, world)
    await unlock(kiosk, world, 'Maya Reed')
    await kiosk.getByRole('heading', { name: 'Tell them what you think' }).waitFor()
    await checkPage(kiosk, 'kiosk-home-remind', KIOSK_WIDTH)
    await kiosk.getByRole('link', { name: /^Begin/ }).click()
    await kiosk.getByRole('heading', { level: 1, name: TITLE }).waitFor()
    await checkPage(kiosk, 'kiosk-before', KIOSK_WIDTH)
  })

  await step('she answers one question a screen, hears it, and a lock loses nothing', async () => {
    await kiosk.getByRole('link', { name: /^Tell them what you think/ }).click()
    await kiosk.getByRole('heading', { name: 'How do you think school is going for Ella Reed?' }).waitFor()
    await listens(kiosk)
    await press(kiosk, 'Good I think')
    await checkPage(kiosk, 'kiosk-say', KIOSK_WIDTH)
    await new Promise((r) => setTimeout(r, 700)) // longer than she pauses between two letters
    await kiosk.getByRole('button', { name: 'Lock' }).click()
    await kiosk.waitForURL(/locked/)
    await unlock(kiosk, world, 'Maya Reed')
    await kiosk.getByRole('link', { name: /^Begin/ }).click()
    await kiosk.getByRole('link', { name: /^Tell them what you think/ }).click()
    await until('what she had typed', async () => (await kiosk.getByRole('textbox').inputValue()) === 'Good I think')
    await kiosk.getByRole('button', { name: 'Next', exact: true }).click()
    for (let i = 0; i < 4; i++) await kiosk.getByRole('button', { name: 'Next', exact: true }).click()
    await kiosk.getByRole('heading', { name: 'What do you want to ask the people there?' }).waitFor()
    await press(kiosk, 'Can she call me on Fridays')
    await kiosk.getByRole('button', { name: 'Next', exact: true }).click()
    await kiosk.getByRole('heading', { name: 'This is what you want to say' }).waitFor()
    await kiosk.getByText('We do not know yet who runs the meeting').waitFor()
    await listens(kiosk)
    await checkPage(kiosk, 'kiosk-say-check', KIOSK_WIDTH)
    await kiosk.getByRole('button', { name: 'Send to the person who runs the meeting' }).click()
    await kiosk.getByText('We have your words. You can change them').waitFor()
  })

  await step('she chooses how she takes part, and who sits with her', async () => {
    await kiosk.getByRole('link', { name: /^How you take part/ }).click()
    await listens(kiosk)
    await checkPage(kiosk, 'kiosk-how', KIOSK_WIDTH)
    await kiosk.getByRole('button', { name: /^I do not want to be there/ }).click()
    await kiosk.getByRole('link', { name: /^Who sits with you/ }).click()
    await checkPage(kiosk, 'kiosk-beside', KIOSK_WIDTH)
    await kiosk.getByRole('button', { name: 'Somebody else' }).click()
    await press(kiosk, 'Sister Anne')
    await checkPage(kiosk, 'kiosk-beside-name', KIOSK_WIDTH)
    await kiosk.getByRole('button', { name: 'Ask for them' }).click()
    await kiosk.getByText('Sister Anne').waitFor()
    for (const part of ['before', 'how', 'beside', 'say', 'papers']) {
      const at = kiosk.url().replace(/before$/, part)
      await checkAddress(kiosk, `kiosk-cy-${part}`, at, { langs: ['cy'], ...KIOSK_WIDTH })
    }
    await kiosk.goto('/kiosk/home?lang=en')
  })

  await step('her worker talks with her, says who runs the meeting, and releases her words', async () => {
    await meeting()
    await rhian.getByText('Somebody else: Sister Anne').waitFor()
    await rhian.getByText('It waits until somebody is chosen').first().waitFor()
    await checkAddress(rhian, 'staff-meeting-before', new URL(rhian.url()).pathname)
    await rhian.getByRole('button', { name: 'I have talked with her about it' }).click()
    await rhian.getByText('Noted that you have talked with her').waitFor()
    await rhian.getByText('Choose who runs the meeting', { exact: true }).click()
    const choice = rhian.getByLabel('Who runs the meeting')
    await choice.selectOption(await choice.locator('option', { hasText: 'Idris Bell' }).getAttribute('value'))
    await rhian.getByRole('button', { name: 'Save', exact: true }).click()
    await rhian.getByText('Saved who runs the meeting').waitFor()
    await rhian.getByText('It waits to be read by: Pact social worker').waitFor()
    await rhian.goto('/queue')
    const links = rhian.getByRole('listitem').filter({ hasText: 'Maya Reed' }).getByRole('link')
    for (let i = (await links.count()) - 1; i >= 0; i--) {
      await rhian.goto('/queue')
      await links.nth(i).click()
      if (await rhian.getByRole('main').getByText('Can she call me on Fridays').first().isVisible()) break
    }
    await rhian.getByRole('button', { name: 'Release', exact: true }).click()
    await rhian.getByText('Released. It is on its way').waitFor()
    const mail = await mailWith(world, IDRIS, (m) => m.text.includes('Can she call me on Fridays'))
    assert.match(mail.text, /How do you think school is going for Ella Reed\?\s+Good I think/)
    for (const word of ['Maya', 'Reed', 'Ella', 'plan']) assert.ok(!mail.subject.includes(word), mail.subject)
    await meeting()
    await rhian.getByText(/(Sent to|server of) Idris Bell/).first().waitFor()
  })

  await step('her worker writes down with her a second version', async () => {
    await rhian.getByRole('button', { name: 'Write it down together with her' }).click()
    await rhian.getByLabel('What worries you?').fill('That she changes school again.')
    await rhian.getByRole('button', { name: 'Keep, and show what is read back' }).click()
    await rhian.getByRole('heading', { name: 'Read this back to her' }).waitFor()
    await checkAddress(rhian, 'staff-words', new URL(rhian.url()).pathname)
    await rhian.getByRole('button', { name: 'Send', exact: true }).click()
    await rhian.getByText('Read it back to her first').first().waitFor()
    await rhian.getByLabel('I have read it back to her').check()
    await rhian.getByRole('button', { name: 'Send', exact: true }).click()
    await rhian.getByText('Sent. A copy goes to her kiosk').waitFor()
    await rhian.getByText('Version 2, which counts').waitFor()
    await mailWith(world, IDRIS, (m) => m.text.includes('Written down by Rhian Price') && m.text.includes('That she changes school again.'))
  })

  await step('a paper is released to her with receipts', async () => {
    await rhian.getByRole('button', { name: 'Add a paper' }).click()
    await checkAddress(rhian, 'staff-papers', new URL(rhian.url()).pathname)
    await rhian.getByLabel('Which paper is it?').selectOption('education_plan')
    const path = `${world.dir}-plan.pdf`
    const drawn = await browser.newPage()
    await drawn.setContent('<h1>Personal education plan</h1><p>Ella reads well. She wants to learn the trumpet.</p>')
    await drawn.pdf({ path })
    await drawn.close()
    await rhian.getByLabel('Choose a file').setInputFiles(path)
    await rhian.getByLabel('What is in it, in plain words').fill('Ella reads well. She wants to learn the trumpet.')
    await rhian.getByRole('button', { name: 'Add a paper' }).click()
    await rhian.getByText('The paper is added').waitFor()
    await kiosk.goto('/kiosk/meetings')
    await kiosk.getByRole('link', { name: new RegExp(`^Get ready ${TITLE}`) }).click()
    await kiosk.getByRole('link', { name: /^Papers to look at/ }).click()
    await until('the paper as a picture', async () => {
      await kiosk.reload()
      return kiosk.getByRole('link', { name: /^Look at it/ }).isVisible()
    }, { timeout: 30_000, every: 1000 })
    await listens(kiosk)
    await checkPage(kiosk, 'kiosk-papers', KIOSK_WIDTH)
    await kiosk.getByRole('link', { name: /^Look at it/ }).click()
    await kiosk.getByRole('img').first().waitFor()
    await meeting()
    await rhian.getByText(/First opened .*; 1 of 1 pages seen/).waitFor()
    await rhian.setViewportSize({ width: 320, height: 800 })
    await rhian.screenshot({ path: `${OUT}staff-meeting-before-320.png`, fullPage: true })
    await rhian.setViewportSize({ width: 1280, height: 900 })
  })

  await step('proof of notice, on one sheet', async () => {
    await rhian.getByRole('link', { name: 'Proof of notice' }).click()
    const seen = rhian.locator('.govuk-summary-list__row', { hasText: 'On her screen' })
    await seen.getByText(/\d/).waitFor()
    await rhian.getByText('She was told later than is asked for').waitFor()
    const at = new URL(rhian.url()).pathname
    await checkAddress(rhian, 'staff-notice', at)
    for (const lang of ['en', 'cy']) {
      await rhian.goto(`${at}?lang=${lang}`)
      const pdf = `${OUT}notice-${lang}.pdf`
      await rhian.pdf({ path: pdf, preferCSSPageSize: true })
      const { stdout } = await promisify(execFile)('pdfinfo', [pdf])
      assert.match(stdout, /Pages:\s+1\n/, `the sheet in ${lang} is more than one page`)
    }
  })
  await kiosk.context().close()
  await rhian.context().close()
  await auditVerifies(world)
})
