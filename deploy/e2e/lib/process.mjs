// Programs under test: started in a folder of their own, awaited by the file they write when ready, and stopped.
import { spawn } from 'node:child_process'
import { existsSync, openSync, readFileSync, closeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..')

/** A temporary folder, removed when t ends. */
export async function tempDir(t, name = 'kinbridge-e2e-') {
  const dir = await mkdtemp(path.join(tmpdir(), name))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** The path of a program that make leaves in bin, or in the folder that KINBRIDGE_BIN names. */
export function binary(name) {
  const file = path.join(process.env.KINBRIDGE_BIN ?? path.join(ROOT, 'bin'), name)
  if (!existsSync(file)) throw new Error(`there is no ${file}: run "make e2e", which builds it`)
  return file
}

/** Waits until fn gives something truthy; fails with what was waited for, and the last error, after timeout milliseconds. */
export async function until(what, fn, { timeout = 15_000, every = 50 } = {}) {
  const end = Date.now() + timeout
  let last
  for (;;) {
    try {
      const got = await fn()
      if (got) return got
    } catch (e) {
      last = e
    }
    if (Date.now() > end) throw new Error(`waited ${timeout} ms for ${what}${last ? `: ${last.message}` : ''}`)
    await sleep(every)
  }
}

/** What the programs that are under test now have logged: name → text. */
export const logs = new Map()

/**
 * Starts a program that writes one JSON object to readyFile, and returns that object, the process, what it logged so far and
 * a stop. It is stopped when t ends; a program that does not stop on SIGTERM within ten seconds fails the test.
 */
export async function start(t, file, args, { readyFile, log, timeout = 60_000, env = {} }) {
  const program = spawned(t, file, args, { log, env })
  const info = await program.ready(() => existsSync(readyFile) && JSON.parse(readFileSync(readyFile, 'utf8')), timeout)
  return { info, ...program }
}

/** Starts a program that is ready when url answers, in the same way. */
export async function serve(t, file, args, { url, log, timeout = 60_000, env = {} }) {
  const program = spawned(t, file, args, { log, env })
  await program.ready(() => fetch(url).then((answer) => answer.ok, () => false), timeout)
  return program
}

/**
 * What is done before a program is stopped at the end of its test: hooks run in the order they were added, the program's first, and a page that is
 * open when its server goes tells of a lost connection that nobody meant to test.
 */
export const leaving = new Set()

function spawned(t, file, args, { log, env }) {
  const out = openSync(log, 'a')
  const child = spawn(file, args, { stdio: ['ignore', out, out], env: { ...process.env, ...env } })
  closeSync(out)
  const logged = () => (existsSync(log) ? readFileSync(log, 'utf8') : '')
  let ended
  const exit = new Promise((resolve) => child.once('exit', (code, signal) => resolve((ended = { code, signal }))))
  child.once('error', (e) => (ended = { error: e }))
  const kill = async (signal = 'SIGKILL') => {
    if (!ended) child.kill(signal)
    return exit
  }
  const stop = async () => {
    if (ended) return ended
    child.kill('SIGTERM')
    const won = await Promise.race([exit, sleep(10_000, 'late', { ref: false })])
    if (won === 'late') {
      await kill()
      throw new Error(`${path.basename(file)} did not stop on SIGTERM within ten seconds. Its log ends:\n${tail(logged())}`)
    }
    return won
  }
  logs.set(log, logged)
  t.after(() => logs.delete(log))
  t.after(async () => {
    for (const leave of [...leaving]) await leave()
    return stop()
  })
  const ready = async (look, timeout) => {
    const got = await until(`${path.basename(file)} to be ready`, async () => (ended ? { ended } : look()), { timeout }).catch((e) => {
      throw new Error(`${e.message}. Its log ends:\n${tail(logged())}`)
    })
    if (got.ended) throw new Error(`${path.basename(file)} ended at once (${JSON.stringify(ended)}). It said:\n${tail(logged())}`)
    return got
  }
  return { child, logged, stop, kill, ready }
}

/** Runs a program to its end and returns its exit status and what it wrote. */
export async function run(file, args, { input, timeout = 60_000, cwd, env = {} } = {}) {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd, env: { ...process.env, ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (s) => (stdout += s))
  child.stderr.setEncoding('utf8').on('data', (s) => (stderr += s))
  child.stdin.on('error', () => {}) // it may end without reading
  child.stdin.end(input ?? '')
  const timer = setTimeout(() => child.kill('SIGKILL'), timeout)
  try {
    const [code, signal] = await new Promise((resolve, reject) => {
      child.once('error', (e) => reject(e.code === 'ENOENT' ? new Error(`there is no ${file}: run "make install"`) : e))
      child.once('close', (...end) => resolve(end))
    })
    return { code, signal, stdout, stderr }
  } finally {
    clearTimeout(timer)
  }
}

export function tail(text, lines = 40) {
  return text.split('\n').slice(-lines).join('\n')
}
