// Debian's Chromium, and pages that are watched: a content security policy violation, a console error or an uncaught
// exception on any of them fails the test that opened them.
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { chromium } from 'playwright-core'
import { leaving, logs, ROOT, tail } from './process.mjs'

// The same engine twice: the browser as people have it, for sound and pictures; and without windows and toolbars, which takes a quarter less, for pages.
const WHOLE = '/usr/bin/chromium'
const PAGES = '/usr/bin/chromium-headless-shell'

const FLAGS = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
  '--disable-sync',
]

/** The screens of FACES.md: the kiosk's own size, and the narrowest that WCAG 1.4.10 asks for. */
export const KIOSK = { width: 1280, height: 800 }
export const WIDTHS = [1280, 320]

/** Starts Chromium and closes it when the test (or suite) t ends. whole: the browser as people have it. */
export async function launch(t, { args = [], whole = false } = {}) {
  const program = process.env.CHROMIUM ?? (whole ? WHOLE : PAGES)
  if (!existsSync(program)) throw new Error(`there is no ${program}: run "make install" (Debian package ${path.basename(program)}), or set CHROMIUM`)
  const browser = await chromium.launch({ executablePath: program, headless: true, args: [...FLAGS, ...args] })
  t.after(() => browser.close())
  return browser
}

export const OUT = path.join(ROOT, 'deploy/e2e/out')

// The pages that are open now, to show what they looked like when a step fails.
const open = new Set()

/**
 * Returns step(name, fn): a part of test t that stands on those before it. When one fails, what the open pages show is told and kept as
 * out/failed-….png, and the steps after it are not tried.
 */
export function steps(t) {
  return async (name, fn) => {
    let failed
    await t.test(name, async (part) => {
      try {
        return await fn(part)
      } catch (e) {
        failed = e
        e.message += await whatIsOpen(name)
        throw e
      }
    })
    if (failed) throw new Error(`not gone on after: ${name}`)
  }
}

async function whatIsOpen(name) {
  let told = ''
  await mkdir(OUT, { recursive: true })
  for (const [i, page] of [...open].entries()) {
    try {
      const file = path.join(OUT, `failed-${name.replace(/\W+/g, '-')}-${i}.png`)
      await page.screenshot({ path: file, fullPage: true, timeout: 5000 })
      const text = await page.locator('body').innerText({ timeout: 2000 })
      told += `\n--- open: ${page.url()} (${path.basename(file)})\n${text.replace(/\s*\n\s*/g, ' | ').slice(0, 1500)}`
    } catch {
      // The page is gone: there is nothing to show.
    }
  }
  for (const [name, logged] of logs) told += `\n--- the end of ${path.basename(name)}\n${tail(logged(), 15)}`
  return told
}

/**
 * Opens a page in a context of its own (no cookie shared with another) and watches it. expect lists regular expressions of
 * console errors the test provokes on purpose, such as the answer 404.
 */
export async function openPage(t, browser, { width = 1280, height = 800, touch = false, expect = [], baseURL, lang } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    hasTouch: touch,
    permissions: ['camera', 'microphone'],
    baseURL,
    timezoneId: 'Europe/London',
    locale: lang === 'cy' ? 'cy-GB' : 'en-GB',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const faults = await watch(page, expect)
  open.add(page)
  const leave = async () => {
    leaving.delete(leave)
    open.delete(page)
    await context.close()
  }
  leaving.add(leave)
  t.after(async () => {
    await leave()
    if (faults.length) throw new Error(`the page reported:\n  ${faults.join('\n  ')}`)
  })
  return page
}

/** Collects what goes wrong on a page; the array grows as it happens. */
export async function watch(page, expect = []) {
  const faults = []
  const note = (text) => {
    if (!expect.some((e) => e.test(text))) faults.push(text)
  }
  page.on('console', (m) => {
    if (m.type() === 'error') note(`console: ${m.text()}`)
  })
  page.on('pageerror', (e) => note(`exception: ${e.message}`))
  page.on('crash', () => note('the page crashed'))
  page.on('requestfailed', (r) => {
    const why = r.failure()?.errorText ?? ''
    // A navigation that another replaces, or a page that closes, aborts what was under way.
    if (!/ERR_ABORTED/.test(why)) note(`request failed: ${r.method()} ${r.url()}: ${why}`)
  })
  await page.exposeBinding('__kinbridgeCSP', (_, what) => note(`content security policy: ${what}`))
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) => {
      window.__kinbridgeCSP(`${e.effectiveDirective} blocked ${e.blockedURI} at ${e.sourceFile}:${e.lineNumber} (${e.sample})`)
    })
  })
  return faults
}
