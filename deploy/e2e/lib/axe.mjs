// Accessibility: axe on a page as it is, at each width, with a screenshot to look at; and the same in both languages.
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import axeCore from 'axe-core'
import { OUT, WIDTHS } from './browser.mjs'

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Saves a picture of the whole page as out/NAME.jpg. */
export async function shot(page, name) {
  await mkdir(OUT, { recursive: true })
  await page.screenshot({ path: path.join(OUT, `${name}.jpg`), fullPage: true, quality: 85 })
}

/** Runs axe on the page as it is and throws a list of what it found. */
export async function axe(page, name) {
  // In the page itself, once for as long as it is shown: there are no frames here whose results had to be brought together.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeCore.source)
  const violations = await page.evaluate(
    async (tags) => (await window.axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })).violations,
    TAGS,
  )
  if (violations.length === 0) return
  const list = violations.map((v) => {
    const nodes = v.nodes.slice(0, 5).map((n) => `      ${n.target.join(' ')}: ${n.html.slice(0, 160)}\n        ${n.failureSummary?.replaceAll('\n', ' ')}`)
    return `  ${v.id} (${v.impact}): ${v.help}\n${nodes.join('\n')}`
  })
  throw new Error(`axe found on ${name}:\n${list.join('\n')}`)
}

/** Throws when the page is wider than its window (WCAG 1.4.10: no scrolling in two directions at 320 px). */
export async function noSidewaysScroll(page, name) {
  const [content, view] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth])
  if (content > view) throw new Error(`${name} is ${content} px wide in a window of ${view} px`)
}

/** Checks the page as it is, in its language, at every width, and leaves the window as it was. */
export async function checkPage(page, name, { widths = WIDTHS } = {}) {
  const before = page.viewportSize()
  const lang = await page.evaluate(() => document.documentElement.lang)
  for (const width of widths) {
    await page.setViewportSize({ width, height: before.height })
    const label = `${name}-${lang}-${width}`
    await noSidewaysScroll(page, label)
    await shot(page, label)
    await axe(page, label)
  }
  await page.setViewportSize(before)
}

/** Opens an address in each language and checks it in each. The page stays in English. */
export async function checkAddress(page, name, address, { langs = ['cy', 'en'], ...options } = {}) {
  for (const lang of langs) {
    await page.goto(address + (address.includes('?') ? '&' : '?') + `lang=${lang}`)
    const got = await page.evaluate(() => document.documentElement.lang)
    if (got !== lang) throw new Error(`${name} is in ${got} when asked for ${lang}`)
    await checkPage(page, name, options)
  }
}
