// Every page that can be reached: each role's links are followed from home, as each woman's are at the kiosk, and each kind of page is
// checked in both languages and at both widths. A page nobody can reach, or that no spec looks at, fails: the routes are read from the code.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, suite, test } from 'node:test'
import { checkAddress, checkPage } from '../lib/axe.mjs'
import { launch, openPage } from '../lib/browser.mjs'
import { enrol, fillSignIn, openKiosk, unlock } from '../lib/people.mjs'
import { ROOT } from '../lib/process.mjs'
import { startWorld } from '../lib/world.mjs'

// Addresses that no link leads to, or that are no page of their own, and where they are looked at instead.
const ELSEWHERE = {
  '/sign-in': 'pages', // signed out
  '/cases.csv': 'a file',
  '/calendar/feed/{secret}': 'a file', // and no link has it: it is shown once (itip)
  '/asks/report.csv': 'a file',
  '/reports/csv/{table}': 'a file',
  '/polls/{poll}/cancel': 'poll', // a form leads there
  '/movements.csv': 'a file',
  '/movements/board/live': 'a part of a page',
  '/movements/board/part': 'a part of a page',
  '/files/{file}': 'a file',
  '/files/{file}/pages/{page}': 'a picture',
  '/files/{file}/words': 'files',
  '/mail/{mail}/original': 'a file',
  '/queue/several': 'pages', // a form leads there
  '/undelivered': 'mail',
  '/threads/{thread}/live': 'a part of a page',
  '/threads/{thread}/messages': 'a part of a page',
  '/meetings/{meeting}/room': 'pages', // in a call
  '/asks/steps/{step}': 'chasing', // drafts come with time
  '/kiosk/': 'pages',
  '/kiosk/ws': 'a socket',
  '/kiosk/enrol': 'pages',
  '/kiosk/locked': 'pages',
  '/kiosk/offline': 'pages',
  '/kiosk/sw.js': 'a script',
  '/kiosk/choose': 'pages',
  '/kiosk/pin/{mother}': 'pages',
  '/kiosk/messages/{thread}/sent/{message}': 'pages', // after a form
  '/kiosk/messages/{thread}/{message}/files/{file}': 'files',
  '/kiosk/files/{file}/{page}': 'a picture',
  '/kiosk/files/{file}/{page}/speech': 'a sound',
  '/kiosk/meetings/{meeting}/say': 'before', // after the last question
  '/kiosk/meetings/{meeting}/speech/{what}': 'a sound',
  '/kiosk/speech/{message}': 'a sound',
  '/kiosk/speech/conversation/{thread}': 'a sound',
  '/kiosk/limits/speech': 'a sound',
  '/kiosk/speech/sent/{message}': 'a sound',
  '/kiosk/speech/readers/{thread}': 'a sound',
  '/kiosk/mine/{request}/speech/{says}': 'a sound',
  '/kiosk/meetings/{meeting}/after/speech': 'a sound',
}
// Pages in the language of the woman they are for, whatever the reader's.
const HERS = ['/cases/{case}/record']
const SOURCES = ['adapters/staff/routes.go', 'adapters/kiosk/kiosk.go']
// How each kind of page is looked at: the first one in both languages, and a second, of somebody else or in another state, only where room is short.
const LOOKS = [{ langs: ['en'] }, { langs: ['cy'], widths: [320] }]

/** The patterns of the routes that a browser can ask for. */
async function routes() {
  const all = []
  for (const file of SOURCES) {
    const text = await readFile(path.join(ROOT, file), 'utf8')
    all.push(...Array.from(text.matchAll(/"GET (\/[^"]*)"/g), (m) => m[1].replace('{$}', '')))
  }
  assert.ok(all.length > 60, `only ${all.length} routes were found in ${SOURCES}`)
  return all
}

/** Where the links of a page lead. Our templates write attributes in double quotes. */
function linksIn(html, address) {
  const all = Array.from(html.matchAll(/<a\s[^>]*>/g), ([a]) => a).filter((a) => !/\sdownload[\s>=]/.test(a))
  return all.map((a) => /\shref="([^"]*)"/.exec(a)?.[1]).filter(Boolean).map((href) => new URL(href.replaceAll('&amp;', '&').replaceAll('&#43;', '+'), address).href)
}

const fits = (pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`)

suite('crawl', () => {
  let world, browser, patterns
  const closing = []
  const checked = new Map() // pattern → addresses
  const faults = [] // told together at the end, so that one fault does not hide the next
  before(async () => {
    const s = { after: (f) => closing.push(f) }
    patterns = (await routes()).map((p) => [p, fits(p)])
    // A literal address comes before one with a place in it that it would fit too.
    patterns.sort(([a], [b]) => a.split('{').length - b.split('{').length)
    world = await startWorld(s)
    browser = await launch(s)
  })
  after(async () => {
    for (const f of closing.reverse()) await f()
  })

  const patternOf = (pathname) => patterns.find(([, re]) => re.test(pathname))?.[0]

  /** Follows every link from where the page is, and checks the kinds of page that have not been checked enough. */
  async function crawl(page, who) {
    const seen = new Set()
    const todo = [page.url()]
    const mine = new Map() // how many of a pattern this person has opened
    while (todo.length) {
      const address = todo.shift()
      const { pathname, search } = new URL(address)
      const pattern = patternOf(pathname)
      assert.ok(pattern, `${who}: a link leads to ${pathname}, which is no route`)
      if (seen.has(pathname) || ELSEWHERE[pattern] || (mine.get(pattern) ?? 0) >= 4) continue
      seen.add(pathname)
      mine.set(pattern, (mine.get(pattern) ?? 0) + 1)
      // As the browser would, with its session, but without showing what is not looked at.
      const answer = await page.request.get(pathname + search)
      if (answer.status() !== 200) {
        faults.push(`${who}: a link leads to ${pathname}, which answers ${answer.status()}`)
        continue
      }
      const links = linksIn(await answer.text(), address)
      const known = checked.get(pattern) ?? []
      if (known.length < 2 && !known.includes(pathname)) {
        checked.set(pattern, [...known, pathname])
        const name = `crawl${pattern.replace(/[/{}]+/g, '-').replace(/-$/, '') || '-home'}-${known.length + 1}`
        const note = (e) => faults.push(`${who} at ${pathname}: ${e.message}`)
        if (HERS.includes(pattern)) await page.goto(pathname + search).then(() => checkPage(page, name)).catch(note)
        else for (const look of LOOKS.slice(known.length)) await checkAddress(page, name, pathname + search, look).catch(note)
      }
      for (const l of links) {
        const u = new URL(l)
        if (u.origin === world.http && !u.pathname.startsWith('/demo') && !seen.has(u.pathname)) todo.push(u.origin + u.pathname + u.search)
      }
    }
  }

  async function staff(t) {
    for (const person of world.staff) {
      const page = await openPage(t, browser, { baseURL: world.http, expect: [/status of/] })
      await fillSignIn(page, world, person.email)
      await page.waitForURL((u) => u.pathname !== '/sign-in')
      await crawl(page, person.email)
      await page.close()
    }
  }

  async function women(t) {
    for (const i of world.kiosks.keys()) {
      const page = await openKiosk(t, browser, world, { expect: [/status of/] })
      await enrol(page, world, i)
      await page.goto('/kiosk/choose?lang=en')
      const names = world.mothers.map((m) => m.name)
      const here = (await page.locator('main a').allInnerTexts()).map((s) => names.find((n) => s.includes(n))).filter(Boolean)
      for (const name of here) {
        await unlock(page, world, name)
        await crawl(page, name)
        await page.goto('/kiosk/home?lang=en')
        await page.getByRole('button', { name: 'Lock', exact: true }).click()
        await page.getByRole('heading', { name: 'The kiosk is locked' }).waitFor()
      }
      await page.close()
    }
  }

  test('every page that links lead to, and none left out', async (t) => {
    await Promise.all([staff(t), women(t)])
    const missed = patterns.map(([p]) => p).filter((p) => !ELSEWHERE[p] && !checked.has(p))
    if (missed.length) faults.push(`nobody’s links lead to these in the demo:\n  ${missed.join('\n  ')}`)
    assert.deepEqual(faults, [], faults.join('\n\n'))
  })
})
