// A whole Kinbridge: `kinbridge demo` in a folder of its own on free ports, and the people in it.
import path from 'node:path'
import { openPage, KIOSK } from './browser.mjs'
import { binary, run, start, tempDir } from './process.mjs'
import { totp } from './totp.mjs'

/**
 * Starts the demo. The returned world has the fields of its ready file (http, smtp, mailbox_http, mailbox_smtp, staff, kiosks,
 * mothers, api_token, threads), http as a URL, and the folder, the log and ways to stop, kill and start it again on the
 * same folder.
 */
export async function startWorld(t, { dir, args = [], env } = {}) {
  const file = binary('kinbridge')
  dir ??= path.join(await tempDir(t), 'world')
  const readyFile = `${dir}.ready-${process.pid}-${Date.now()}.json`
  const log = `${dir}.log`
  const program = await start(t, file, ['demo', '--dir', dir, '--http', '127.0.0.1:0', '--smtp', '127.0.0.1:0', '--ready-file', readyFile, ...args], { readyFile, log, env })
  const world = { ...program.info, dir, logged: program.logged, stop: program.stop, kill: program.kill, child: program.child }
  world.http = asURL(world.http)
  world.mailbox_http = asURL(world.mailbox_http)
  return world
}

/** The ready file may give an address as host:port or as a URL. */
function asURL(address) {
  if (!address) return address
  return /^https?:\/\//.test(address) ? address.replace(/\/$/, '') : `http://${address}`
}

/** Runs a subcommand of kinbridge on the world's folder. */
export function kinbridge(world, ...args) {
  return run(binary('kinbridge'), [...args, '--dir', world.dir])
}

/** The member of staff with a role, as the ready file lists them. */
export function staffWith(world, role) {
  const person = world.staff.find((s) => s.role === role)
  if (!person) throw new Error(`the world has nobody with the role ${role}: ${world.staff.map((s) => s.role).join(', ')}`)
  return person
}

/** Opens a page and signs in with password and code; the page is then on the person's home. */
export async function signIn(t, browser, world, role, options = {}) {
  const person = staffWith(world, role)
  const page = await openPage(t, browser, { baseURL: world.http, ...options })
  await page.goto('/staff/sign-in')
  await page.locator('input[name=email]').fill(person.email)
  await page.locator('input[name=password]').fill(person.password)
  const code = page.locator('input[name=code]')
  if ((await code.count()) === 0) {
    await page.locator('main button[type=submit]').click()
    await code.waitFor()
  }
  await code.fill(totp(person.totp_secret))
  await page.locator('main button[type=submit]').click()
  await page.waitForURL((url) => !url.pathname.startsWith('/staff/sign-in'))
  return page
}

/** Opens a page the size of the kiosk, by touch. */
export function openKiosk(t, browser, world, options = {}) {
  return openPage(t, browser, { baseURL: world.http, touch: true, ...KIOSK, ...options })
}
