// What people say in a meeting by a button, in three browsers: the mother at the kiosk, her Pact worker as host, and a guest. Above all the private word:
// while it lasts the guest receives no packet, the two receive each other's alone, and when it is over everything comes again. Counted by the
// browsers themselves.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPage } from '../lib/axe.mjs'
import { launch, openPage, steps } from '../lib/browser.mjs'
import { flowing, watchMedia } from '../lib/media.mjs'
import { enrol, mailWith, openKiosk, signIn, unlock } from '../lib/people.mjs'
import { until } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const HANNAH = 'hannah.cole@northvale.example'
const TITLE = "Ella's review"

test('a private word, and what else is said by a button', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t, { whole: true })
  const step = steps(t)
  const [kiosk, host, guest] = await Promise.all([openKiosk(t, browser, world), signIn(t, browser, world, 'rhian.price@pact.example'), openPage(t, browser, { baseURL: world.http })])
  for (const page of [kiosk, host, guest]) await watchMedia(page)
  const meeting = world.meetings[0]
  const told = [] // what the server says to the guest
  guest.on('websocket', (socket) => socket.on('framereceived', (f) => told.push(String(f.payload))))

  /** Waits until each page receives sound and pictures of so many others, and of no more. */
  const flows = (...wanted) =>
    until(`sound and pictures of ${wanted.join(', ')} others at kiosk, host and guest`, async () => {
      const got = await Promise.all([kiosk, host, guest].map((page) => flowing(page, 400)))
      return got.every((g, i) => g.audio === wanted[i] && g.video === wanted[i])
    }, { timeout: 20_000, every: 50 })
  const sees = (page, words) => page.locator('[data-room]').getByText(words).first().waitFor()

  await step('mother, host and guest are in, and each receives the two others', async () => {
    const inKiosk = async () => {
      await enrol(kiosk, world)
      await unlock(kiosk, world, 'Maya Reed')
      await kiosk.goto(`/kiosk/meetings/${meeting.id}?lang=cy`)
      await kiosk.getByRole('button', { name: 'Siarad yn breifat â Rhian Price' }).waitFor()
      await checkPage(kiosk, 'kiosk-room', { widths: [1280] })
      await kiosk.goto(`/kiosk/meetings/${meeting.id}?lang=en`)
    }
    const inGuest = async () => {
      const mail = await mailWith(world, HANNAH, (m) => /\/guest\//.test(m.text))
      const link = /https?:\/\/\S+\/guest\/\S+/.exec(mail.text)[0]
      await guest.goto(link)
      await guest.getByLabel('Your name').fill('Hannah Cole')
      await guest.getByLabel('Code').fill(/\b\d{6}\b/.exec(mail.text.replace(link, ''))[0])
      await guest.getByRole('button', { name: 'Continue' }).click()
      await guest.getByRole('button', { name: 'I understand, continue' }).click()
      await guest.getByText('Your camera works.').waitFor()
      await guest.getByRole('button', { name: 'Ask to come in' }).click()
    }
    await Promise.all([host.goto(`/meetings/${meeting.id}/room`), inKiosk(), inGuest()])
    await host.getByRole('button', { name: 'Let Hannah Cole in' }).click()
    await flows(2, 2, 2)
    await sees(guest, /The meeting ends in \d+ minutes/)
    for (const name of ['Talk in private', 'I need a break', 'I don’t understand', 'Lock the room']) assert.equal(await guest.getByRole('button', { name }).count(), 0, `the guest has a button ${name}`)
    await checkPage(kiosk, 'kiosk-room', { widths: [1280] })
  })

  await step('in private the guest receives nothing at all, and the two each other alone', async () => {
    await kiosk.getByRole('button', { name: 'Talk in private with Rhian Price' }).click()
    await sees(guest, /(Maya Reed and Rhian Price|Rhian Price and Maya Reed) are talking in private/)
    await sees(kiosk, 'You are talking in private with Rhian Price. Nobody else can hear or see you.')
    await sees(host, 'You are talking in private with Maya Reed.')
    await flows(1, 1, 0)
    const got = await flowing(guest, 1500)
    assert.equal(got.packets, 0, 'packets crossed the wall to the guest')
    const streams = told.map((f) => JSON.parse(f)).filter((m) => m.type === 'streams')
    assert.deepEqual(streams.at(-1).streams, [], 'the guest was told of streams behind the wall')
    const pair = await Promise.all([kiosk, host].map((page) => flowing(page, 1000)))
    for (const g of pair) assert.ok(g.audio === 1 && g.packets > 40, `the two do not hear each other: ${JSON.stringify(g)}`)
    await checkPage(guest, 'guest-room-others-in-private')
    await checkPage(kiosk, 'kiosk-room-private', { widths: [1280] })
  })

  await step('ended by the other of the two, everything comes again', async () => {
    await host.getByRole('button', { name: 'End the private talk' }).click()
    await flows(2, 2, 2)
    await sees(guest, 'The private talk is over.')
    for (const page of [kiosk, host]) await page.getByRole('alert').getByText('The private talk is over.').waitFor() // the two are told with force
  })

  await step('begun with the keyboard alone, and ended by itself when she leaves', async () => {
    await host.getByRole('button', { name: 'Talk in private with Maya Reed' }).focus()
    await host.keyboard.press('Enter')
    await host.locator('[data-room-return]:focus').waitFor()
    await flows(1, 1, 0)
    await kiosk.getByRole('button', { name: 'Leave' }).click()
    await kiosk.getByRole('button', { name: 'Go back in' }).click()
    await flows(2, 2, 2)
  })

  await step('a break is told to everybody; that she does not understand to her worker alone', async () => {
    await kiosk.getByRole('button', { name: 'I need a break' }).click()
    for (const page of [host, guest]) await sees(page, 'Maya Reed needs a break.')
    await sees(kiosk, 'Everybody knows that you need a break.')
    await kiosk.getByRole('button', { name: 'I don’t understand' }).click()
    await sees(kiosk, 'We have told Rhian Price that you do not understand. Nobody else knows.')
    await sees(host, 'Maya Reed does not understand.')
    assert.ok(!told.some((f) => /unclear|understand/.test(f)), 'the guest was told that she does not understand')
    await checkPage(kiosk, 'kiosk-room-break', { widths: [1280] })
    await host.getByRole('button', { name: 'The break is over' }).click()
    for (const page of [kiosk, guest]) await sees(page, 'The break is over.')
    await host.getByRole('button', { name: 'I have seen that' }).click()
  })

  await step('hands are seen in the order in which they went up; a locked room tells nobody’s name', async () => {
    await guest.getByRole('button', { name: 'Raise hand' }).click()
    await sees(kiosk, 'Hands up: 1. Hannah Cole')
    await kiosk.getByRole('button', { name: 'Raise hand' }).click()
    for (const page of [kiosk, host, guest]) await sees(page, 'Hands up: 1. Hannah Cole, 2. Maya Reed')
    await host.getByRole('button', { name: 'Lower the hand of Hannah Cole' }).click()
    await sees(guest, 'Hands up: 1. Maya Reed')
    await kiosk.getByRole('button', { name: 'Lower hand' }).click()
    await host.getByRole('button', { name: 'Lock the room' }).click()
    for (const page of [kiosk, host, guest]) await sees(page, 'The room is locked. Nobody new can come in.')
    await checkPage(host, 'staff-room-locked')
    await host.getByRole('button', { name: 'Unlock the room' }).click()
    await guest.getByText('The room is locked.').waitFor({ state: 'hidden' })
  })

  await step('all of it is on the meeting’s page, and the audit verifies', async () => {
    host.once('dialog', (d) => d.accept())
    await host.getByRole('button', { name: 'End for everybody' }).click()
    await until('the record', async () => {
      await host.goto(`/meetings/${meeting.id}`)
      const words = await host.getByRole('main').innerText()
      return ['Went into a private word with her', 'Came back from a private word with her', 'Needed a break', 'The break was over', 'Said quietly that she does not understand', 'Raised a hand', 'Locked the room', 'Unlocked the room'].every((w) => words.includes(w))
    })
    await auditVerifies(world)
  })
})
