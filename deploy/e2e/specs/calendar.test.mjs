// What Kinbridge writes into other people's calendars is read by a parser that is not ours (ical.js, which Thunderbird uses): the answers carry who answers what to
// which version, times are the right instants by their VTIMEZONE alone, a series keeps its hour when the clocks change, and nothing private is anywhere.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import ICAL from 'ical.js'

const FOLDER = new URL('../../../adapters/calendar/itip/testdata/', import.meta.url)
const UID = '040000008200E00074C5B7101A82E00800000000C0DE0000000000000000000000000010000000A1B2C3'

// read parses a file and gives its calendar and its events, zones taken from the file itself.
function read(name) {
  const text = readFileSync(new URL(`${name}.ics`, FOLDER), 'utf8')
  const calendar = new ICAL.Component(ICAL.parse(text))
  for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone)
  return { text, calendar, events: calendar.getAllSubcomponents('vevent'), method: calendar.getFirstPropertyValue('method') }
}

const instant = (component, name) => component.getFirstPropertyValue(name).toJSDate().toISOString()

test('every object that is written is valid and says who wrote it', () => {
  const names = readdirSync(FOLDER).filter((f) => f.endsWith('.ics')).map((f) => f.slice(0, -4))
  assert.ok(names.length >= 14, `${names.length} files`)
  for (const name of names) {
    const { text, calendar, events, method } = read(name)
    assert.equal(calendar.getFirstPropertyValue('version'), '2.0', name)
    assert.match(calendar.getFirstPropertyValue('prodid'), /Kinbridge/, name)
    assert.equal(method, { reply: 'REPLY', counter: 'COUNTER', refresh: 'REFRESH', request: 'REQUEST', cancel: 'CANCEL', decline: 'DECLINECOUNTER', feed: 'PUBLISH' }[name.split('-')[0]], name)
    assert.equal(events.length, { feed: 2, 'feed-empty': 0 }[name] ?? 1, name)
    for (const line of text.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 75, `${name}: ${line}`)
    for (const event of events) {
      assert.ok(event.getFirstPropertyValue('uid'), name)
      assert.equal(instant(event, 'dtstamp'), '2026-03-02T09:30:00.000Z', name)
    }
    assert.doesNotMatch(text, /LAC|school|child/i, name)
  }
})

test('an answer names the version, the organiser, and who answers', () => {
  for (const [name, partstat, sequence] of [['reply-accepted', 'ACCEPTED', 3], ['reply-tentative', 'TENTATIVE', 3], ['reply-declined', 'DECLINED', 3], ['reply-all-day', 'ACCEPTED', 3], ['counter', 'TENTATIVE', 3], ['refresh', undefined, null]]) {
    const [event] = read(name).events
    assert.equal(event.getFirstPropertyValue('uid'), UID, name)
    assert.equal(event.getFirstPropertyValue('sequence'), sequence, name)
    const organiser = event.getFirstProperty('organizer')
    assert.equal(organiser.getFirstValue(), 'mailto:jo.price@la.example', name)
    assert.equal(organiser.getParameter('cn'), 'Price, Jo', name)
    const attendees = event.getAllProperties('attendee')
    assert.equal(attendees.length, 1, name)
    assert.equal(attendees[0].getFirstValue(), 'mailto:case@in.kinbridge.example', name)
    assert.equal(attendees[0].getParameter('partstat'), partstat, name)
  }
  assert.equal(instant(read('reply-declined').events[0], 'recurrence-id'), '2026-03-27T10:00:00.000Z')
  assert.equal(read('reply-tentative').events[0].getFirstPropertyValue('comment'), 'We are asking the prison; an answer follows by Friday.\nDiolch, ŵ ŷ.')
  const day = read('reply-all-day').events[0].getFirstPropertyValue('dtstart')
  assert.ok(day.isDate)
  assert.equal(day.toString(), '2026-03-29')
})

test('a counter-proposal carries the new time, the old one, and the other slots in words', () => {
  const [event] = read('counter').events
  assert.equal(instant(event, 'dtstart'), '2026-03-30T09:00:00.000Z') // ten in summer time
  assert.equal(instant(event, 'dtend'), '2026-03-30T10:30:00.000Z')
  assert.equal(instant(event, 'x-ms-olk-originalstart'), '2026-03-27T10:00:00.000Z')
  assert.match(event.getFirstPropertyValue('comment'), /Monday 30 March 2026, 10:00–11:30\n- Wednesday 1 April 2026, 14:00–15:30/)
})

test('our own meeting invites with its ways in, moves by a higher sequence, and is taken back', () => {
  const [first] = read('request').events
  assert.equal(instant(first, 'dtstart'), '2026-03-30T13:00:00.000Z')
  assert.equal(first.getFirstPropertyValue('organizer'), 'mailto:case@in.kinbridge.example')
  const sian = first.getAllProperties('attendee')[1]
  assert.deepEqual([sian.getParameter('cn'), sian.getParameter('partstat'), sian.getParameter('role'), sian.getParameter('rsvp')], ["Siân 'Tŷ' Huws", 'ACCEPTED', 'OPT-PARTICIPANT', 'TRUE'])
  const words = first.getFirstPropertyValue('description')
  for (const part of ['https://kinbridge.example/g/Zk3v9Qx7Lr2pTn5wYb8c', '020 7946 0958', '482913', 'heb gyfrif']) assert.ok(words.includes(part), part)
  assert.equal(first.getFirstPropertyValue('summary'), 'Meeting / Cyfarfod')

  const [moved] = read('request-moved').events
  assert.equal(moved.getFirstPropertyValue('uid'), first.getFirstPropertyValue('uid'))
  assert.ok(moved.getFirstPropertyValue('sequence') > first.getFirstPropertyValue('sequence'))
  assert.equal(instant(moved, 'dtstart'), '2026-03-30T14:00:00.000Z')

  const [gone] = read('cancel').events
  assert.equal(gone.getFirstPropertyValue('status'), 'CANCELLED')
  assert.ok(gone.getFirstPropertyValue('sequence') > moved.getFirstPropertyValue('sequence'))
  assert.equal(gone.getFirstProperty('description'), null)
})

test('a series keeps its hour when the clocks change, and one of it can be moved', () => {
  const [series] = read('request-series').events
  const event = new ICAL.Event(series)
  const starts = []
  for (let next, all = event.iterator(); (next = all.next()); ) starts.push(next.toJSDate().toISOString())
  assert.deepEqual(starts, ['2026-03-30T13:00:00.000Z', '2026-05-11T13:00:00.000Z', '2026-06-22T13:00:00.000Z', '2026-08-03T13:00:00.000Z'])
  const [one] = read('request-one').events
  assert.equal(instant(one, 'recurrence-id'), starts[0])
  assert.equal(instant(one, 'dtstart'), '2026-03-31T13:00:00.000Z')
})

test('a feed holds the meetings, and an hour that comes twice is the right one', () => {
  const { calendar, events } = read('feed')
  assert.equal(calendar.getFirstPropertyValue('x-wr-calname'), 'Kinbridge')
  assert.equal(instant(events[1], 'dtstart'), '2026-10-25T00:30:00.000Z')
  assert.equal(events[1].getFirstPropertyValue('status'), 'CANCELLED')
  assert.equal(events[0].getFirstPropertyValue('url'), 'https://kinbridge.example/meetings/1')
})
