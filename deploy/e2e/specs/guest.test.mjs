// The guest's way: a real invitation by mail, the page behind its link, the code, the rules, the device check, the lobby, and the room
// after a host has let her in; and every page on which the way ends. Each page is looked at by axe in both languages and widths.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAddress, checkPage } from '../lib/axe.mjs'
import { launch, openPage } from '../lib/browser.mjs'
import { received, watchMedia } from '../lib/media.mjs'
import { until } from '../lib/process.mjs'
import { startWorld } from '../lib/world.mjs'

const minute = 60_000

/** Asks the API as the owner of the world's token. */
async function api(world, path, body) {
  const answer = await fetch(`${world.http}/api/v1${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { Authorization: `Bearer ${world.api_token}`, 'Content-Type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`)
  return JSON.parse(text)
}

/** Plans a meeting with one guest that begins in so many minutes, and returns it with the guest. */
async function plan(world, startsIn) {
  const caseID = world.mothers[0].case_id
  const [guest] = (await api(world, `/cases/${caseID}/guests`)).items
  const starts = Date.now() + startsIn * minute
  const meeting = await api(world, '/meetings', {
    case_id: caseID,
    kind: 'core_group',
    starts: new Date(starts).toISOString(),
    ends: new Date(starts + 60 * minute).toISOString(),
    guest_ids: [guest.id],
  })
  return { meeting, guest }
}

/** Waits for the newest mail with a subject and returns its link, its code and its text. */
async function letter(world, subject, besides = []) {
  const mail = await until(`the mail "${subject}"`, async () => {
    const all = await (await fetch(`${world.mailbox_http}/messages.json`)).json()
    return all.find((m) => m.subject === subject && !besides.includes(m.id))
  })
  besides.push(mail.id)
  return { link: new URL(/https?:\/\/\S+\/guest\/[0-9a-z]+/.exec(mail.text)?.[0] ?? 'http://none/').pathname, code: /^\s*(\d{6})\s*$/m.exec(mail.text)?.[1], text: mail.text }
}

/** Enters a name and a code on the page behind a link. */
async function enter(page, name, code) {
  await page.locator('input[name=name]').fill(name)
  await page.locator('input[name=code]').fill(code)
  await page.getByRole('button', { name: 'Continue' }).click()
}

/** Joins as the host from the page's own origin and admits whoever knocks. */
async function hostFrom(page, ticket) {
  await page.evaluate(
    ({ path, ticket }) =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(new URL(path, location.href).href.replace(/^http/, 'ws'))
        window.host = { knocked: [], admit: () => window.host.knocked.forEach((m) => socket.send(JSON.stringify({ type: 'admit', member: m }))) }
        socket.onopen = () => socket.send(JSON.stringify({ type: 'join', ticket, v: 1 }))
        socket.onmessage = (e) => {
          const m = JSON.parse(e.data)
          if (m.type === 'entered') resolve()
          if (m.type === 'lobby') window.host.knocked = m.waiting.map((k) => k.id)
        }
        socket.onclose = (e) => reject(new Error(`the host's socket closed: ${e.code} ${e.reason}`))
      }),
    ticket,
  )
}

test('a guest comes from her mail into the room, and only when she is let in', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const seen = (await (await fetch(`${world.mailbox_http}/messages.json`)).json()).map((m) => m.id)
  const { meeting, guest } = await plan(world, 5)
  const invitation = await letter(world, 'An invitation to a meeting', seen)
  for (const name of [world.mothers[0].name, guest.name]) {
    for (const word of name.split(' ')) assert.ok(!invitation.text.includes(word), `the invitation says "${word}"`)
  }

  const page = await openPage(t, browser, { baseURL: world.http, expect: [/status of 422/] })
  await watchMedia(page)
  for (let i = 0; i < 3; i++) await (await fetch(world.http + invitation.link)).text() // mail filters look first
  await checkAddress(page, 'guest-landing', invitation.link)
  await enter(page, '', '12')
  await checkPage(page, 'guest-landing-error')
  const wrong = String((Number(invitation.code) + 1) % 1_000_000).padStart(6, '0')
  await enter(page, guest.name, wrong)
  await page.getByText('This code is not right').first().waitFor()
  await page.getByRole('button', { name: 'Send me a new code' }).click()
  await page.getByText('We have sent a new code').waitFor()
  await checkPage(page, 'guest-landing-sent')
  const fresh = await letter(world, 'Your code for a meeting', seen)
  assert.equal(fresh.link, invitation.link)
  if (fresh.code !== invitation.code) {
    await enter(page, guest.name, invitation.code)
    await page.getByText('This code is not right').first().waitFor() // only the newest works
  }
  await enter(page, guest.name, fresh.code)
  await page.waitForURL('**/guest/meeting/rules')
  await checkAddress(page, 'guest-rules', '/guest/meeting/rules')
  await page.goto('/guest/meeting/room?lang=cy')
  await page.getByText('Mae eich camera yn gweithio').waitFor()
  await checkPage(page, 'guest-check')
  await page.goto('/guest/meeting/room?lang=en')
  await page.getByText('Your microphone works').waitFor()
  await page.getByText('Your connection is').waitFor()
  await checkPage(page, 'guest-check')

  const desk = await openPage(t, browser, { baseURL: world.http })
  await desk.goto('/guest/')
  const me = meeting.participants.find((p) => p.role === 'host')
  await hostFrom(desk, await api(world, `/meetings/${meeting.id}/tickets`, { participant_id: me.id }))
  await page.getByRole('button', { name: 'Ask to come in' }).click()
  await page.getByText('Request sent').waitFor()
  await until('the knock', () => desk.evaluate(() => window.host.knocked.length === 1))
  const before = await received(page)
  assert.equal(before.audio.packets + before.video.packets, 0, 'the lobby receives the meeting')
  assert.equal(await page.locator('[data-room] .kb-tile').count(), 1, 'the lobby shows who is inside')
  await checkPage(page, 'guest-lobby')
  await desk.evaluate(() => window.host.admit())
  await page.getByText('You are in the meeting').waitFor()
  await checkPage(page, 'guest-room')
  await page.getByRole('button', { name: 'Leave' }).click()
  await page.getByRole('button', { name: 'Go back in' }).waitFor()
  await checkPage(page, 'guest-over')
  await page.getByRole('link', { name: 'Finish' }).click()
  await page.waitForURL('**/guest/meeting/left')
  await checkAddress(page, 'guest-left', '/guest/meeting/left')
  await page.getByRole('button', { name: 'Close my place on this device' }).click()
  await page.getByText('Your place is closed on this device').waitFor()

  const kept = await until('the attendance', async () => {
    const m = await api(world, `/meetings/${meeting.id}`)
    const hers = m.attendance.filter((a) => a.name === guest.name).map((a) => a.event)
    return hers.includes('left') && hers
  })
  assert.deepEqual(kept, ['knocked', 'admitted', 'joined', 'left'])
})

test('every page on which the way ends says why, in both languages', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const seen = (await (await fetch(`${world.mailbox_http}/messages.json`)).json()).map((m) => m.id)
  await plan(world, 3 * 60)
  const early = await letter(world, 'An invitation to a meeting', seen)
  const off = await plan(world, 5)
  const cancelled = await letter(world, 'An invitation to a meeting', seen)
  await api(world, `/meetings/${off.meeting.id}/cancel`, {})
  await letter(world, 'A meeting is cancelled', seen)
  const page = await openPage(t, browser, { baseURL: world.http, expect: [/status of 40[14]/] })
  for (const [name, address, words] of [
    ['early', early.link, 'The meeting is not open yet'],
    ['cancelled', cancelled.link, 'This meeting was cancelled'],
    ['unknown', '/guest/0123456789abcdefghjkmnpqrstvwxyz', 'This link does not lead to a meeting'],
    ['no-link', '/guest/', 'Open the link in your invitation'],
    ['no-session', '/guest/meeting/room', 'Open the link in your invitation again'],
    ['done', '/guest/meeting/done', 'Your place is closed on this device'],
  ]) {
    await checkAddress(page, `guest-${name}`, address)
    assert.equal(await page.locator('h1').innerText(), words)
  }
})
