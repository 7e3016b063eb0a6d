// The people in a world, doing what they do with the pages: by the names of buttons and boxes, as a person finds them.
import { KIOSK, openPage } from './browser.mjs'
import { until } from './process.mjs'
import { totp } from './totp.mjs'
import { kinbridge } from './world.mjs'

/** The member of staff with a role or an email address, as the ready file lists them. */
export function staffWith(world, who) {
  const person = world.staff.find((s) => s.email === who) ?? world.staff.find((s) => s.role === who)
  if (!person) throw new Error(`the world has nobody who is ${who}: ${world.staff.map((s) => `${s.email} (${s.role})`).join(', ')}`)
  return person
}

// A code works once, so the next sign-in of the same person takes the next code: the server allows a clock one step ahead.
const used = new Map()
async function freshCode(secret) {
  const step = () => Math.floor(Date.now() / 30_000)
  const next = Math.max(step(), (used.get(secret) ?? 0) + 1)
  await until('the next one-time code', () => next <= step() + 1, { timeout: 40_000, every: 500 })
  used.set(secret, next)
  return totp(secret, next * 30_000)
}

// Who is signed in already, in which world: her cookies. A second page of hers goes on with them, for the next one-time code may be half a minute away.
const signedIn = new Map()

/** Opens a page of somebody who has signed in with password and code; it is on her home. who: a role or an email address. */
export async function signIn(t, browser, world, who, options = {}) {
  const page = await openPage(t, browser, { baseURL: world.http, ...options })
  const key = `${world.http} ${staffWith(world, who).email}`
  const home = page.getByRole('heading', { level: 1, name: 'What waits for you' })
  if (signedIn.has(key)) {
    await page.context().addCookies(signedIn.get(key))
    await page.goto('/?lang=en')
    if (await home.isVisible()) return page
  }
  await fillSignIn(page, world, who)
  await home.waitFor()
  signedIn.set(key, await page.context().cookies())
  return page
}

/** Signs in on a page. Who has one appointment is then on her home, who has several chooses first. */
export async function fillSignIn(page, world, who) {
  const person = staffWith(world, who)
  await page.goto('/sign-in?lang=en')
  await page.getByLabel('Email address').fill(person.email)
  await page.getByLabel('Password', { exact: true }).fill(person.password)
  await page.getByLabel('6-digit code').fill(await freshCode(person.totp_secret))
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Opens a page the size of the kiosk, by touch. */
export function openKiosk(t, browser, world, options = {}) {
  return openPage(t, browser, { baseURL: world.http, touch: true, ...KIOSK, ...options })
}

/** Makes a kiosk of the page's device with an enrolment code: one that was made for it, or the n-th of the world's list. */
export async function enrol(page, world, code = 0) {
  await page.goto('/kiosk/')
  await page.getByLabel('Code', { exact: true }).waitFor()
  await press(page, typeof code === 'number' ? world.kiosks[code].enrol_code : code)
  await page.getByRole('button', { name: 'OK' }).click()
  await page.getByRole('link', { name: 'Start in English' }).waitFor()
}

/** Makes a code that enrols one more kiosk, on the command line. */
export async function newKioskCode(world, establishment, wing) {
  const got = await kinbridge(world, 'kiosk', 'code', '--establishment', establishment, '--wing', wing, '--name', 'By the servery')
  const code = /\b\d{10}\b/.exec(got.stdout)?.[0]
  if (got.code !== 0 || !code) throw new Error(`kinbridge kiosk code: exit status ${got.code}\n${got.stdout}${got.stderr}`)
  return code
}

/** Presses the digits of a number pad. */
export async function press(page, digits) {
  for (const d of digits) await page.getByRole('button', { name: d, exact: true }).click()
}

/** Goes from the start page of an enrolled kiosk to the PIN of one woman. */
export async function choose(page, name, start = 'Start in English') {
  await page.goto('/kiosk/')
  await page.getByRole('link', { name: start }).click()
  await page.getByRole('link', { name }).click()
  await page.getByRole('button', { name: '5', exact: true }).waitFor()
}

/** Unlocks an enrolled kiosk as one of the world's mothers; the page is then on her home. */
export async function unlock(page, world, name) {
  const mother = world.mothers.find((m) => m.name === name)
  await choose(page, name)
  await press(page, mother.pin)
  await page.getByRole('button', { name: 'OK' }).click()
  await page.getByRole('heading', { level: 1, name: `Hello ${name}` }).waitFor()
}

/** Opens one of her conversations by its subject. */
export async function openConversation(page, subject) {
  await page.goto('/kiosk/messages')
  await page.getByRole('link', { name: new RegExp(`^Open .*${subject}`) }).click()
  await page.getByRole('heading', { level: 1, name: subject }).waitFor()
}

/** Types with the on-screen keyboard, as a finger does, and checks that just that is in the box. */
export async function typeOnScreen(page, text, box = page.getByLabel('Your message')) {
  const board = page.getByRole('group', { name: 'Keyboard' })
  const capital = board.getByRole('button', { name: 'Capital' })
  for (const letter of text) {
    if (letter === ' ') await board.getByRole('button', { name: 'Space' }).click()
    else if (letter === '\n') await board.getByRole('button', { name: 'New line' }).click()
    else {
      const isCapital = letter !== letter.toLowerCase()
      const isLetter = letter.toLowerCase() !== letter.toUpperCase()
      if (isLetter && isCapital !== ((await capital.getAttribute('aria-pressed')) === 'true')) await capital.click()
      await board.getByRole('button', { name: letter, exact: true }).click()
    }
  }
  const got = await box.inputValue()
  if (got !== text) throw new Error(`the keyboard typed ${JSON.stringify(got)} for ${JSON.stringify(text)}`)
}

/** The mails that the pretend council received, the oldest first; address restricts them to one recipient. */
export async function received(world, address = '') {
  const answer = await fetch(`${world.mailbox_http}/messages.json?address=${encodeURIComponent(address)}`)
  if (!answer.ok) throw new Error(`the mailbox answered ${answer.status}`)
  return answer.json()
}

/** Waits for a mail that fits. */
export function mailWith(world, address, fits) {
  return until(`a mail to ${address}`, async () => (await received(world, address)).find(fits), { timeout: 20_000 })
}

/** The thread of a world by channel and by whom it is with. */
export function threadWith(world, { mother, channel, email = '' }) {
  const of = world.mothers.find((m) => m.name === mother).case_id
  const thread = world.threads.find((t) => t.case_id === of && t.channel === channel && t.la_email === email)
  if (!thread) throw new Error(`the world has no ${channel} thread of ${mother} with ${email || 'Pact'}`)
  return thread
}

/** The API with the world's token, or another. Throws on an answer that is no success. */
export async function api(world, method, path, { body, token = world.api_token, headers = {} } = {}) {
  const answer = await fetch(`${world.http}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(body ? { 'Content-Type': 'application/json' } : {}), ...headers },
    body: body && JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return JSON.parse(text)
}
