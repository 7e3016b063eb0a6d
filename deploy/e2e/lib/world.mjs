// A whole Kinbridge: `kinbridge demo` in a folder of its own on free ports, and the people in it.
import path from 'node:path'
import { binary, run, start, tempDir } from './process.mjs'

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
  const program = await start(t, file, ['demo', '--dir', dir, '--http', '127.0.0.1:0', '--smtp', '127.0.0.1:0', '--mailbox-http', '127.0.0.1:0', '--ready-file', readyFile, ...args], { readyFile, log, env })
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

/** Runs a subcommand of kinbridge on the world's folder. A world that is being served can be read at the same time. */
export function kinbridge(world, ...args) {
  return run(binary('kinbridge'), [...args, '--dir', world.dir])
}

/** Fails unless the whole audit log of the world recomputes; returns what was said. */
export async function auditVerifies(world) {
  const got = await kinbridge(world, 'audit', 'verify')
  if (got.code !== 0) throw new Error(`audit verify: exit status ${got.code}\n${got.stdout}${got.stderr}`)
  return got.stdout
}
