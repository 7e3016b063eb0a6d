// The harness tests itself against the component gallery (adapters/web/gallery): every component is accessible in both
// languages at both widths, and the harness sees what it must not miss.
import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { axe, checkAddress, checkPage, noSidewaysScroll } from '../lib/axe.mjs'
import { launch, openPage, watch } from '../lib/browser.mjs'
import { binary, run, start, tempDir, until } from '../lib/process.mjs'
import { base32, totp } from '../lib/totp.mjs'

async function gallery(t) {
  const dir = await tempDir(t)
  const readyFile = path.join(dir, 'ready.json')
  const program = await start(t, binary('gallery'), ['-ready-file', readyFile], { readyFile, log: path.join(dir, 'log') })
  return `http://${program.info.http}`
}

test('every component is accessible, in both languages, at both widths', async (t) => {
  const at = await gallery(t)
  const browser = await launch(t)
  // The gallery has no service worker for its kiosk pages to fetch.
  const page = await openPage(t, browser, { baseURL: at, expect: [/status of (404|500)/, /\(404\) was received when fetching the script/] })
  for (const face of ['staff', 'kiosk', 'guest']) {
    await checkAddress(page, `gallery-${face}`, `/${face}/`)
    for (const state of ['error', 'empty']) await checkAddress(page, `gallery-${face}-${state}`, `/${face}/?state=${state}`, { langs: ['en'] })
  }
  await checkAddress(page, 'gallery-staff-500', '/staff/error/internal', { langs: ['en'] })
})

test('forms work without JavaScript and a form from another site is refused', async (t) => {
  const at = await gallery(t)
  const browser = await launch(t)
  const context = await browser.newContext({ javaScriptEnabled: false })
  t.after(() => context.close())
  const page = await context.newPage()
  await page.goto(`${at}/staff/`)
  await page.getByRole('textbox', { name: 'Full name' }).fill('Jane Example')
  const [answer] = await Promise.all([page.waitForResponse((r) => r.request().method() === 'POST'), page.getByRole('button', { name: 'Send' }).click()])
  assert.equal(answer.status(), 303)
  await page.waitForURL(`${at}/staff/`)
  const other = at.replace('127.0.0.1', 'localhost') // another origin, the same server
  await page.goto(`${other}/guest/`)
  const refused = await context.request.post(`${at}/staff/`, { form: { name: 'x' }, headers: { Origin: other, 'Sec-Fetch-Site': 'cross-site' } })
  assert.equal(refused.status(), 403)
})

test('the harness sees a policy violation, a console error and an exception', async (t) => {
  const at = await gallery(t)
  const browser = await launch(t)
  const context = await browser.newContext()
  t.after(() => context.close())
  const page = await context.newPage()
  const faults = await watch(page)
  await page.goto(`${at}/guest/`)
  assert.deepEqual(faults, [])
  await page.evaluate(() => {
    const script = document.createElement('script')
    try {
      script.text = 'window.inline = true' // Trusted Types refuse the assignment
    } catch {
      // what is looked for is the report
    }
    const style = document.createElement('style')
    style.append('body { color: red }') // style-src refuses it
    document.head.append(style)
  })
  await until('the two violations', () => faults.some((f) => /require-trusted-types-for/.test(f)) && faults.some((f) => /style-src-elem/.test(f)))
  await page.evaluate(() => {
    console.error('on purpose')
    setTimeout(() => {
      throw new Error('also on purpose')
    })
  })
  await until('the two errors', () => faults.some((f) => f === 'console: on purpose') && faults.some((f) => /exception: also on purpose/.test(f)))
})

test('the harness sees a page that is not accessible or scrolls sideways', async (t) => {
  const at = await gallery(t)
  const browser = await launch(t)
  const page = await openPage(t, browser, { baseURL: at, width: 320 })
  await page.goto('/guest/')
  await page.evaluate(() => {
    document.querySelector('label').remove()
    const wide = document.createElement('p')
    wide.textContent = 'x'.repeat(200)
    document.querySelector('main').append(wide)
  })
  await assert.rejects(axe(page, 'guest'), /axe found on guest:\n  label/)
  await assert.rejects(noSidewaysScroll(page, 'guest'), /px wide in a window of/)
  await assert.rejects(checkPage(page, 'broken-on-purpose'), /broken-on-purpose-en-/)
})

test('one-time codes are those of RFC 6238 appendix B', () => {
  const secret = Buffer.from('12345678901234567890')
  for (const [seconds, code] of [[59, '94287082'], [1111111109, '07081804'], [1111111111, '14050471'], [1234567890, '89005924'], [2000000000, '69279037'], [20000000000, '65353130']]) {
    assert.equal(totp(secret, seconds * 1000, 8), code)
  }
  assert.equal(base32('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ').toString(), '12345678901234567890')
  assert.throws(() => base32('0189'), /not base32/)
})

test('a program that fails says why', async (t) => {
  const dir = await tempDir(t)
  await assert.rejects(start(t, binary('gallery'), ['-http', '256.0.0.1:0'], { readyFile: path.join(dir, 'ready'), log: path.join(dir, 'log') }), /ended at once .*256\.0\.0\.1/s)
  await assert.rejects(run('no-such-program', []), /make install/)
})
