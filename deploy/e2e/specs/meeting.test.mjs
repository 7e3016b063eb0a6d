// A meeting of three browsers: the mother at the kiosk, her Pact worker as host, and a guest with the link and code of a real email.
// The guest receives nothing and learns nobody's name until the host lets her in; then each receives the others' sound and moving
// pictures, counted by the browsers themselves.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { launch, openPage, steps } from '../lib/browser.mjs'
import { moves, received, watchMedia } from '../lib/media.mjs'
import { enrol, mailWith, openKiosk, signIn, unlock } from '../lib/people.mjs'
import { until } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const HANNAH = 'hannah.cole@northvale.example'
const TITLE = "Ella's review"

const inside = (page) => page.getByText('You are in the meeting.').or(page.getByText(/ has (joined|left)\.$/)).first().waitFor({ timeout: 20_000 })
const tile = (name) => `main li:has([data-tile-name]:text-is("${name}")) video`

/** Waits until a page receives sound and moving pictures of everybody named, and of nobody else. */
async function hearsAndSees(page, who, others) {
  for (const name of others) await page.getByRole('listitem').filter({ hasText: name }).first().waitFor({ timeout: 20_000 })
  await until(`${who} to receive sound of ${others.join(' and ')}`, async () => {
    const got = await received(page)
    return got.audio.streams >= others.length && got.audio.energy > 0 && got.video.streams >= others.length && got.video.frames > 5
  }, { timeout: 30_000, every: 300 })
  for (const name of others) {
    const handle = await page.locator(tile(name)).first().elementHandle()
    await handle.evaluate((video, name) => (video.id = `of-${name.replace(/\W/g, '')}`), name)
    await until(`${who} to see ${name} move`, () => moves(page, `#of-${name.replace(/\W/g, '')}`), { timeout: 30_000, every: 200 })
  }
}

test('a meeting of mother, host and guest', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t, { whole: true })
  const step = steps(t)
  const [kiosk, host, guest] = [await openKiosk(t, browser, world), await signIn(t, browser, world, 'rhian.price@pact.example'), await openPage(t, browser, { baseURL: world.http, expect: [/status of 422/] })]
  for (const page of [kiosk, host, guest]) await watchMedia(page)
  const meeting = world.meetings[0]
  const mail = await mailWith(world, HANNAH, (m) => /\/guest\//.test(m.text))
  const link = /https?:\/\/\S+\/guest\/\S+/.exec(mail.text)[0]
  const code = /\b\d{6}\b/.exec(mail.text.replace(link, ''))[0]

  await step('the invitation names nobody and nothing', async () => {
    for (const word of ['Maya', 'Reed', 'Ella', 'HMP', 'prison']) assert.ok(!(mail.subject + mail.text + mail.html).includes(word), `${word} is in the invitation:\n${mail.text}`)
  })

  await step('the host and the mother come in', async () => {
    await host.goto('/meetings')
    await host.getByRole('link', { name: TITLE }).click()
    await host.getByRole('button', { name: 'Join the meeting' }).click()
    await inside(host)
    await enrol(kiosk, world)
    await unlock(kiosk, world, 'Maya Reed')
    await kiosk.getByRole('link', { name: /My meetings/ }).click()
    await kiosk.getByRole('link', { name: new RegExp(`^Join ${TITLE}`) }).click()
    await inside(kiosk)
  })

  await step('a wrong code does not open the guest’s way', async () => {
    await guest.goto(link)
    await guest.getByLabel('Your name').fill('Hannah Cole')
    await guest.getByLabel('Code').fill(code === '000000' ? '000001' : '000000')
    await guest.getByRole('button', { name: 'Continue' }).click()
    await guest.getByRole('alert').getByText('This code is not right').waitFor()
  })

  await step('the guest waits, and until she is let in she receives nothing', async () => {
    await guest.getByLabel('Code').fill(code)
    await guest.getByRole('button', { name: 'Continue' }).click()
    await guest.getByRole('button', { name: 'I understand, continue' }).click()
    await guest.getByText('Your camera works.').waitFor()
    const frames = []
    guest.on('websocket', (socket) => socket.on('framereceived', (f) => frames.push(String(f.payload))))
    await guest.getByRole('button', { name: 'Ask to come in' }).click()
    await guest.getByText('Wait here until the host lets you in').waitFor()
    await host.getByRole('region', { name: 'Waiting to come in' }).getByText('Hannah Cole', { exact: true }).waitFor()
    await new Promise((resolve) => setTimeout(resolve, 2000)) // long enough for media to come if any did
    const got = await received(guest)
    assert.deepEqual([got.audio.packets, got.video.packets], [0, 0], 'media reached the lobby')
    assert.ok(frames.some((f) => f.includes('"waiting"')), 'the signalling socket was not watched')
    for (const name of ['Maya', 'Reed', 'Rhian', 'Price', 'Ella']) assert.ok(!frames.join('\n').includes(name), `the lobby was told ${name}: ${frames.join('\n')}`)
    for (const name of ['Maya', 'Reed', 'Ella']) assert.ok(!(await guest.content()).includes(name), `the page names ${name} before she is let in`)
    assert.equal(await kiosk.getByText('Hannah Cole').count(), 0, 'the mother’s page shows who waits')
  })

  await step('let in, each hears and sees the two others', async () => {
    await host.getByRole('button', { name: 'Let Hannah Cole in' }).click()
    await inside(guest)
    await hearsAndSees(guest, 'the guest', ['Maya Reed', 'Rhian Price'])
    await hearsAndSees(kiosk, 'the mother', ['Hannah Cole', 'Rhian Price'])
    await hearsAndSees(host, 'the host', ['Hannah Cole', 'Maya Reed'])
  })

  await step('the guest leaves and comes back without a new code', async () => {
    await guest.getByRole('button', { name: 'Leave' }).click()
    await guest.getByText('You have left the meeting.').last().waitFor()
    await host.getByRole('listitem').filter({ hasText: 'Hannah Cole' }).first().waitFor({ state: 'detached' })
    await guest.goto(link)
    await guest.getByRole('button', { name: 'Go to the meeting' }).click()
    await guest.getByRole('button', { name: 'Ask to come in' }).click()
    const let_in = host.getByRole('button', { name: 'Let Hannah Cole in' })
    await let_in.or(host.getByRole('listitem').filter({ hasText: 'Hannah Cole' })).first().waitFor()
    if (await let_in.isVisible()) await let_in.click()
    await inside(guest)
    await hearsAndSees(guest, 'the guest', ['Maya Reed', 'Rhian Price'])
  })

  await step('the host ends it for everybody', async () => {
    host.once('dialog', (d) => d.accept())
    await host.getByRole('button', { name: 'End for everybody' }).click()
    for (const page of [host, kiosk, guest]) await page.getByText('The meeting has ended.').last().waitFor()
    await until('cameras to be off', async () => {
      const on = await Promise.all([host, kiosk, guest].map((p) => p.evaluate(() => [...document.querySelectorAll('video')].some((v) => v.srcObject?.getTracks().some((track) => track.readyState === 'live')))))
      return !on.some(Boolean)
    })
  })

  await step('attendance is on the meeting’s page, and the audit verifies', async () => {
    await until('the attendance', async () => {
      await host.goto(`/meetings/${meeting.id}`)
      const told = await host.getByRole('main').innerText()
      return ['Asked to come in', 'Was let in', 'Came in', 'Left', 'The meeting ended'].every((words) => told.includes(words))
    })
    const people = host.getByRole('table', { name: 'People' })
    for (const name of ['Rhian Price', 'Maya Reed', 'Hannah Cole']) assert.match(await people.getByRole('row').filter({ hasText: name }).innerText(), /\d[ap]m.* to \d/, `no times for ${name}`)
    assert.equal(await host.getByRole('button', { name: 'Join the meeting' }).count(), 0)
    await guest.goto(link)
    await guest.getByRole('heading', { name: 'This meeting has ended' }).waitFor()
    await auditVerifies(world)
  })
})
