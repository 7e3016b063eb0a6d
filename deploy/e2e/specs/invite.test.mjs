// A secretary sends the Teams invitation from her calendar to the address that the case's worker at the council has; Kinbridge puts it before the Pact worker, one press books
// it, the answer that comes back is read by a parser that is not ours (ical.js), the prison's list shows it, an update moves it and a cancellation frees it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import ICAL from 'ical.js'
import { checkPage } from '../lib/axe.mjs'
import { launch, steps } from '../lib/browser.mjs'
import { sendRaw } from '../lib/mail.mjs'
import { enrol, openKiosk, received, signIn, threadWith, unlock } from '../lib/people.mjs'
import { until } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const LEAH = 'leah.quist@southmere.example'
const SECRETARY = 'meetings@southmere.example'
const UID = '040000008200E00074C5B7101A82E00800000000C0FFEE0000000000000000000000'
const stamp = (t) => t.toISOString().replace(/[-:]|\.\d+/g, '')
const PASSCODE = 'Xq7RtB2m'

function invitation({ to, method, sequence, start, end }) {
  const cancelled = method === 'CANCEL'
  const ics = ['BEGIN:VCALENDAR', `METHOD:${method}`, 'PRODID:Microsoft Exchange Server 2010', 'VERSION:2.0', 'BEGIN:VEVENT', `ORGANIZER;CN=Meetings Southmere:mailto:${SECRETARY}`,
    `ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:${to}`, 'SUMMARY;LANGUAGE=en-GB:LAC Review (T)', `DTSTART:${stamp(start)}`, `DTEND:${stamp(end)}`, `UID:${UID}`,
    'LOCATION;LANGUAGE=en-GB:Microsoft Teams Meeting', 'PRIORITY:5', `DTSTAMP:${stamp(new Date(Date.now() + sequence * 1000))}`, `STATUS:${cancelled ? 'CANCELLED' : 'CONFIRMED'}`, `SEQUENCE:${sequence}`, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n')
  const words = ['You are invited.', '', 'Microsoft Teams Need help?<https://aka.ms/JoinTeamsMeeting?omkt=en-GB>',
    'Join the meeting now<https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0?context=%7b%22Tid%22%3a%2200000000-0000-0000-0000-000000000000%22%7d>', 'Meeting ID: 123 456 789 012 3', `Passcode: ${PASSCODE}`,
    '________________________________', 'Dial in by phone', '+44 20 7946 0958,,123456789#<tel:+442079460958,,123456789#> United Kingdom, London', 'Phone conference ID: 123 456 789#', ''].join('\r\n')
  return ['From: Meetings Southmere <' + SECRETARY + '>', `To: ${to}`, `Subject: ${cancelled ? 'Cancelled: ' : ''}LAC Review (T)`, `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`, `Message-ID: <${sequence}.${Date.now()}@southmere.example>`, 'MIME-Version: 1.0',
    'Content-Type: multipart/alternative; boundary="b1"', '', '--b1', 'Content-Type: text/plain; charset=utf-8', '', words, '--b1', `Content-Type: text/calendar; charset="utf-8"; method=${method}`, 'Content-Transfer-Encoding: 8bit', '', ics, '--b1--', ''].join('\r\n')
}

// the calendar part of a mail, read by ical.js
function calendarOf(mail) {
  const raw = mail.raw ?? ''
  const part = /Content-Type: text\/calendar[^]*?\r?\n\r?\n([A-Za-z0-9+/=\r\n]+)/i.exec(raw)
  assert.ok(part, 'the mail has no calendar part')
  return new ICAL.Component(ICAL.parse(Buffer.from(part[1].replace(/\s/g, ''), 'base64').toString('utf8')))
}

test('an invitation in the post becomes a meeting, moves, and is called off', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const step = steps(t)
  const address = threadWith(world, { mother: 'Maya Reed', channel: 'official', email: LEAH }).reply_address
  const rhian = await signIn(t, browser, world, 'rhian.price@pact.example')
  const kiosk = await openKiosk(t, browser, world)
  await enrol(kiosk, world)
  await unlock(kiosk, world, 'Maya Reed')
  const start = new Date(Date.now() + 9 * 86400e3)
  start.setUTCHours(13, 0, 0, 0)
  const later = new Date(start.getTime() + 3600e3)
  const end = (s) => new Date(s.getTime() + 3600e3)
  let meeting

  async function send(method, sequence, s) {
    const got = await sendRaw({ server: world.smtp, from: SECRETARY, to: address, data: invitation({ to: address, method, sequence, start: s, end: end(s) }) })
    assert.equal(got.code, 0, got.reply)
  }
  async function openInvitation(words) {
    await until('the invitation in the queue', async () => {
      await rhian.goto('/queue')
      const links = rhian.getByRole('listitem').filter({ hasText: 'Maya Reed' }).getByRole('link')
      for (let i = (await links.count()) - 1; i >= 0; i--) {
        await rhian.goto('/queue')
        await links.nth(i).click()
        const main = rhian.getByRole('main')
        if ((await main.getByRole('heading', { name: 'Meeting invitation' }).isVisible()) && (await main.getByText(words).first().isVisible())) return true
      }
      return false
    })
  }
  const answers = async () => {
    const mails = await received(world, SECRETARY)
    for (const m of mails) m.raw = await (await fetch(`${world.mailbox_http}/messages/${m.id}/raw`)).text()
    return mails.filter((m) => /text\/calendar/.test(m.raw))
  }

  await step('it is put before her worker, with how it can be reached', async () => {
    await send('REQUEST', 0, start)
    await openInvitation('LAC Review (T)')
    const main = rhian.getByRole('main')
    await main.getByText('By telephone: our room dials the meeting').waitFor()
    assert.equal(await main.getByText(PASSCODE).count(), 0, 'the passcode is in the words of the email')
    await checkPage(rhian, 'staff-invitation')
  })

  await step('one press books it, and her kiosk shows it', async () => {
    assert.ok(await rhian.getByRole('checkbox', { name: 'Tom Reed' }).isChecked(), 'the child of that authority is not chosen')
    assert.ok(!(await rhian.getByRole('checkbox', { name: 'Ella Reed' }).isChecked()))
    await rhian.getByRole('button', { name: 'Book it and accept' }).click()
    await rhian.getByText('Booked, and the organiser’s calendar is answered').waitFor()
    meeting = new URL(rhian.url()).pathname
    await rhian.getByRole('main').getByText('By telephone: our room dials the meeting').waitFor()
    assert.equal(await rhian.getByText(/123456789#|Xq7RtB2m/).count(), 0, 'credentials are on the page')
    await checkPage(rhian, 'staff-meeting-invited')
    await kiosk.goto('/kiosk/meetings')
    await kiosk.getByRole('main').getByText(/2pm|1pm/).first().waitFor()
    assert.equal(await kiosk.getByText(PASSCODE).count(), 0)
  })

  await step('the answer that comes back is a REPLY, and names nobody', async () => {
    const [mail] = await until('the answer', async () => { const a = await answers(); return a.length > 0 && a })
    const calendar = calendarOf(mail)
    assert.equal(calendar.getFirstPropertyValue('method'), 'REPLY')
    const event = calendar.getFirstSubcomponent('vevent')
    assert.equal(event.getFirstPropertyValue('uid'), UID)
    assert.equal(event.getFirstPropertyValue('sequence'), 0)
    const attendee = event.getFirstProperty('attendee')
    assert.equal(attendee.getParameter('partstat'), 'ACCEPTED')
    assert.equal(attendee.getFirstValue().toLowerCase(), `mailto:${address.toLowerCase()}`)
    assert.doesNotMatch(mail.raw, /Maya|Reed|LAC Review|prison/i)
  })

  await step('the prison’s list shows it', async () => {
    const officer = await signIn(t, browser, world, 'wing_officer')
    await officer.goto('/movements')
    await officer.getByRole('main').getByText('Maya Reed').first().waitFor()
  })

  await step('an update moves it', async () => {
    await send('REQUEST', 1, later)
    await openInvitation('What the organiser has changed')
    await checkPage(rhian, 'staff-invitation-moved')
    await rhian.getByRole('button', { name: 'Follow the change' }).click()
    await until('the second answer', async () => (await answers()).length >= 2)
    const sequences = (await answers()).map((m) => calendarOf(m).getFirstSubcomponent('vevent').getFirstPropertyValue('sequence')).sort()
    assert.deepEqual(sequences, [0, 1])
    await rhian.goto(meeting)
    await rhian.getByRole('main').getByText(new RegExp(later.toLocaleTimeString('en-GB', { timeZone: 'Europe/London', hour: 'numeric', hour12: true }).replace(/\s/g, ''))).first().waitFor()
  })

  await step('an older version that comes late changes nothing', async () => {
    await send('REQUEST', 0, start)
    await rhian.goto(meeting)
    await rhian.getByRole('main').getByText(new RegExp(later.toLocaleTimeString('en-GB', { timeZone: 'Europe/London', hour: 'numeric', hour12: true }).replace(/\s/g, ''))).first().waitFor()
  })

  await step('a cancellation frees it', async () => {
    await send('CANCEL', 2, later)
    await openInvitation('The organiser has called the meeting off')
    await rhian.getByRole('button', { name: 'Follow the change' }).click()
    await rhian.goto(meeting)
    await rhian.getByRole('main').getByText('Cancelled').first().waitFor()
  })
  await auditVerifies(world)
})
