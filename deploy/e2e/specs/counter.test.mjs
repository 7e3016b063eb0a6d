// The time of a secretary's invitation is not possible: her worker proposes others from the page of the invitation. What goes out is a COUNTER that a parser which is not ours (ical.js)
// reads; the organiser's refusal is shown, and a later version with one of the times too. An invitation that went to another case as well warns of it, and an email that says how to
// join in its words alone becomes a meeting by the planning form.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import ICAL from 'ical.js'
import { checkPage } from '../lib/axe.mjs'
import { launch, steps } from '../lib/browser.mjs'
import { sendRaw } from '../lib/mail.mjs'
import { received, signIn, threadWith } from '../lib/people.mjs'
import { until } from '../lib/process.mjs'
import { auditVerifies, startWorld } from '../lib/world.mjs'

const LEAH = 'leah.quist@southmere.example'
const SECRETARY = 'meetings@southmere.example'
const UID = '040000008200E00074C5B7101A82E00800000000BADCAB1E0000000000000000'
const stamp = (t) => t.toISOString().replace(/[-:]|\.\d+/g, '')
const dayOf = (t) => t.toLocaleDateString('en-CA', { timeZone: 'Europe/London' })
const clockOf = (t) => t.toLocaleTimeString('en-GB', { timeZone: 'Europe/London', hour: '2-digit', minute: '2-digit' })
const hour = 3600e3

let sent = 0
function mail({ to, words, ics = '', method = '' }) {
  const head = [`From: Meetings Southmere <${SECRETARY}>`, `To: ${to}`, 'Subject: Core group (T)', `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`, `Message-ID: <counter${++sent}.${Date.now()}@southmere.example>`, 'MIME-Version: 1.0']
  if (!ics) return [...head, 'Content-Type: text/plain; charset=utf-8', '', words, ''].join('\r\n')
  return [...head, 'Content-Type: multipart/alternative; boundary="b1"', '', '--b1', 'Content-Type: text/plain; charset=utf-8', '', words, '--b1', `Content-Type: text/calendar; charset="utf-8"; method=${method}`, 'Content-Transfer-Encoding: 8bit', '', ics, '--b1--', ''].join('\r\n')
}

function entry({ to, method, sequence, start, more = [] }) {
  return ['BEGIN:VCALENDAR', `METHOD:${method}`, 'PRODID:Microsoft Exchange Server 2010', 'VERSION:2.0', 'BEGIN:VEVENT', `ORGANIZER;CN=Meetings Southmere:mailto:${SECRETARY}`, ...to.map((a) => `ATTENDEE;RSVP=TRUE:mailto:${a}`),
    'SUMMARY:Core group (T)', `DTSTART:${stamp(start)}`, `DTEND:${stamp(new Date(start.getTime() + hour))}`, `UID:${UID}`, `DTSTAMP:${stamp(new Date(Date.now() + ++sent * 1000))}`, `SEQUENCE:${sequence}`, ...more, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n')
}

test('other times are proposed to an organiser', async (t) => {
  const world = await startWorld(t)
  const browser = await launch(t)
  const step = steps(t)
  const address = threadWith(world, { mother: 'Maya Reed', channel: 'official', email: LEAH }).reply_address
  const another = threadWith(world, { mother: 'Joanna Sims', channel: 'official', email: LEAH }).reply_address
  const rhian = await signIn(t, browser, world, 'rhian.price@pact.example', { expect: [/422/] })
  const main = rhian.getByRole('main')
  const start = new Date(Date.now() + 9 * 86400e3)
  start.setUTCHours(13, 0, 0, 0)
  const slots = [new Date(start.getTime() + 24 * hour), new Date(start.getTime() + 26 * hour)]
  let hold

  const send = async (data) => {
    const got = await sendRaw({ server: world.smtp, from: SECRETARY, to: address, data })
    assert.equal(got.code, 0, got.reply)
  }
  const open = (heading) =>
    until('the invitation in the queue', async () => {
      await rhian.goto('/queue')
      const links = rhian.getByRole('listitem').filter({ hasText: 'Maya Reed' }).getByRole('link')
      for (let i = (await links.count()) - 1; i >= 0; i--) {
        await rhian.goto('/queue')
        await links.nth(i).click()
        if (await main.getByText(heading).first().isVisible()) return new URL(rhian.url()).pathname
      }
      return ''
    })
  const counters = async () => {
    const mails = (await received(world, SECRETARY)).filter((m) => /Another time is proposed/.test(m.subject))
    for (const m of mails) m.raw = await (await fetch(`${world.mailbox_http}/messages/${m.id}/raw`)).text()
    return mails
  }

  await step('the invitation went to another case, too: her worker is warned, and told no more', async () => {
    await send(mail({ to: address, words: 'You are invited.', method: 'REQUEST', ics: entry({ to: [address, another], method: 'REQUEST', sequence: 0, start }) }))
    hold = await open('Core group (T)')
    await main.getByText('This invitation was also sent to another case’s address').waitFor()
    assert.equal(await main.getByText(/Joanna|KB-1003/).count(), 0)
  })

  await step('other times are proposed', async () => {
    await rhian.goto(`${hold}?slot=${dayOf(slots[0])}T${clockOf(slots[0])}`)
    const second = main.getByRole('group', { name: 'Time 2' })
    await second.getByLabel('Day').fill(dayOf(slots[1]))
    await rhian.getByRole('button', { name: 'Propose these times' }).click()
    await rhian.getByRole('alert').getByText('Enter a time such as 14:00').waitFor()
    assert.equal(await second.getByLabel('Day').inputValue(), dayOf(slots[1]))
    await checkPage(rhian, 'staff-invitation-propose')
    await second.getByLabel('Starts at').fill(clockOf(slots[1]))
    await rhian.getByRole('button', { name: 'Propose these times' }).click()
    await rhian.getByText('The other times are on their way to the organiser').waitFor()
    await main.getByText('Not answered yet').waitFor()
    assert.equal(await rhian.getByRole('button', { name: 'Propose these times' }).count(), 0)
  })

  await step('what goes out is a COUNTER, and names nobody', async () => {
    const [m] = await until('the mail', async () => { const a = await counters(); return a.length > 0 && a })
    const part = /Content-Type: text\/calendar[^]*?\r?\n\r?\n([A-Za-z0-9+/=\r\n]+)/i.exec(m.raw)
    const calendar = new ICAL.Component(ICAL.parse(Buffer.from(part[1].replace(/\s/g, ''), 'base64').toString('utf8')))
    assert.equal(calendar.getFirstPropertyValue('method'), 'COUNTER')
    const event = calendar.getFirstSubcomponent('vevent')
    assert.equal(event.getFirstPropertyValue('uid'), UID)
    assert.equal(event.getFirstPropertyValue('sequence'), 0)
    assert.equal(event.getFirstPropertyValue('dtstart').toJSDate().getTime(), slots[0].getTime())
    assert.equal(event.getFirstPropertyValue('dtend').toJSDate().getTime(), slots[0].getTime() + hour)
    assert.equal(event.getFirstProperty('attendee').getFirstValue().toLowerCase(), `mailto:${address.toLowerCase()}`)
    assert.match(event.getFirstPropertyValue('comment'), new RegExp(clockOf(slots[1])))
    assert.doesNotMatch(m.raw + m.text, /Maya|Reed|Core group|prison/i)
  })

  await step('the organiser refuses, and then takes one of the times after all', async () => {
    await send(mail({ to: address, words: 'No.', method: 'DECLINECOUNTER', ics: entry({ to: [address], method: 'DECLINECOUNTER', sequence: 0, start, more: ['COMMENT:The chair is away that day.'] }) }))
    await until('the refusal', async () => { await rhian.goto(hold); return main.getByText('The organiser does not take any of them').isVisible() })
    await main.getByText('The chair is away that day.').waitFor()
    await rhian.getByRole('button', { name: 'Book it and accept' }).waitFor()
    await rhian.goto(`${hold}?slot=${dayOf(slots[1])}T${clockOf(slots[1])}`)
    await rhian.getByRole('button', { name: 'Propose these times' }).click()
    await main.getByText('Not answered yet').waitFor()
    await send(mail({ to: address, words: 'Moved.', method: 'REQUEST', ics: entry({ to: [address], method: 'REQUEST', sequence: 1, start: slots[1] }) }))
    await until('the update', async () => { await rhian.goto(hold); return main.getByText('The organiser has moved the meeting to one of them').isVisible() })
    await checkPage(rhian, 'staff-invitation-proposed', { widths: [320] })
    await rhian.goto(`${hold}?lang=cy`)
    await main.getByText('Mae’r trefnydd wedi symud y cyfarfod i un ohonynt').waitFor()
    await rhian.goto(`${hold}?lang=en`)
  })

  await step('words that say how to join become a meeting by the planning form', async () => {
    await send(mail({ to: address, words: ['The core group is on Monday.', '', 'Join Zoom Meeting', 'https://us02web.zoom.us/j/82345678901?pwd=abcDEF123', '', 'Meeting ID: 823 4567 8901', 'Passcode: 445566'].join('\r\n') }))
    await open('Plan a meeting from this')
    await main.getByText('The email says in words how the meeting can be joined').waitFor()
    assert.equal(await main.getByText(/445566|abcDEF123/).count(), 0, 'the passcode is on the page')
    await checkPage(rhian, 'staff-invitation-words')
    await rhian.getByRole('button', { name: 'Plan a meeting from this' }).click()
    assert.equal(await rhian.getByLabel('Kind').inputValue(), 'core_group')
    await main.getByText('Tom Reed').first().waitFor()
    await rhian.getByLabel('Day').fill(dayOf(slots[0]))
    await rhian.getByLabel('Starts at').fill('10:30')
    await rhian.getByRole('button', { name: 'Plan the meeting' }).click()
    await rhian.getByText('Meeting planned').waitFor()
    await main.getByText('How she can take part, the best way first').or(main.getByText('The others come to our room')).first().waitFor()
  })
  await auditVerifies(world)
})
