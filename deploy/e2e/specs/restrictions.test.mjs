// Public protection forbids contact with somebody: what was held for her is kept, a meeting with her is refused, and the mother's kiosk says so in plain words.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { launch } from '../lib/browser.mjs'
import { api, enrol, openConversation, openKiosk, received, signIn, threadWith, unlock } from '../lib/people.mjs'
import { startWorld } from '../lib/world.mjs'

const LEAH = 'leah.quist@southmere.example'
const RORY = "Rory's nursery"

suite('restrictions', () => {
  let world, browser, rory, words
  const closing = []
  before(async () => {
    const s = { after: (f) => closing.push(f) }
    world = await startWorld(s)
    browser = await launch(s)
    rory = threadWith(world, { mother: 'Joanna Sims', channel: 'official', email: LEAH })
  })
  after(async () => {
    for (const f of closing.reverse()) await f()
  })

  test('a message held for a person whom a restriction then names is kept', async (t) => {
    const kiosk = await openKiosk(t, browser, world)
    await enrol(kiosk, world, 1)
    await unlock(kiosk, world, 'Joanna Sims')
    await openConversation(kiosk, RORY)
    await kiosk.getByRole('link', { name: 'Write a message' }).click()
    await kiosk.getByLabel('Your message').fill('How is Rory?')
    await kiosk.getByRole('button', { name: 'Send', exact: true }).click()
    await kiosk.getByRole('heading', { level: 1 }).waitFor()

    const sam = await signIn(t, browser, world, 'sam.thorne@fenbrook.example')
    await sam.goto(`/cases/${rory.case_id}/restrictions/new`)
    await sam.getByLabel('no contact of any kind').check()
    await sam.getByLabel('Leah Quist').check()
    await sam.getByLabel('A court order').check()
    await sam.getByLabel('She may be told of it').check()
    await sam.getByRole('button', { name: 'Put in force' }).click()
    await sam.getByText('The restriction is in force').waitFor()
    await sam.goto('/')
    await sam.getByRole('row').filter({ hasText: 'Joanna Sims' }).first().waitFor()

    const hold = (await api(world, 'GET', '/holds')).items.find((h) => h.thread_id === rory.id)
    assert.ok(hold, 'her message waits for review')
    await api(world, 'POST', `/holds/${hold.id}/release`, { body: {} })
    const rhian = await signIn(t, browser, world, 'rhian.price@pact.example', { expect: [/status of (403|422)/] })
    await rhian.goto(`/cases/${rory.case_id}`)
    await rhian.getByRole('link', { name: /^Restrictions/ }).click()
    await rhian.getByText('A restriction still forbids it.').waitFor()
    assert.equal(await rhian.getByRole('button', { name: 'End it now' }).count(), 0)
    assert.equal((await received(world, LEAH)).filter((m) => JSON.stringify(m).includes('How is Rory?')).length, 0)

    // A meeting with her is refused.
    await rhian.goto(`/cases/${rory.case_id}/plan`)
    await rhian.getByLabel('Kind of meeting').selectOption({ index: 1 })
    const day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)
    await rhian.locator('input[name=day]').fill(day)
    await rhian.locator('input[name=clock]').fill('10:00')
    await rhian.getByLabel('Where she takes part').selectOption({ label: 'No place yet' })
    await rhian.getByLabel('Leah Quist').check()
    await rhian.locator('main form button').last().click()
    await rhian.getByText('A contact restriction forbids that she meets somebody here.').first().waitFor()

    // Her kiosk says it, and does not offer to write.
    words = 'Leah Quist: you may not write, send pictures or meet.'
    await kiosk.goto('/kiosk/home')
    await kiosk.getByRole('link', { name: 'What I may and may not do' }).click()
    await kiosk.getByText(words).waitFor()
    await kiosk.getByText('Ask Rhian Price').waitFor()
    await openConversation(kiosk, RORY)
    await kiosk.getByText('You cannot write here at the moment.').waitFor()
    assert.equal(await kiosk.getByRole('link', { name: 'Write a message' }).count(), 0)
    if (process.env.KB_SHOTS) {
      await sam.goto(`/cases/${rory.case_id}/restrictions`)
      await rhian.goto(`/cases/${rory.case_id}/restrictions`)
      for (const [name, page] of [['protection', sam], ['worker', rhian]])
        for (const width of [1280, 320]) {
          await page.setViewportSize({ width, height: 900 })
          await page.screenshot({ path: `${process.env.KB_SHOTS}/${name}-${width}.png`, fullPage: true })
        }
      await sam.goto(`/cases/${rory.case_id}/restrictions/new`)
      await sam.screenshot({ path: `${process.env.KB_SHOTS}/new-320.png`, fullPage: true })
      await kiosk.goto('/kiosk/limits')
      await kiosk.screenshot({ path: `${process.env.KB_SHOTS}/kiosk.png` })
    }
  })
})
