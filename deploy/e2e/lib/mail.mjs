// Real mail: swaks as the other side's mail program.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { run } from './process.mjs'

/**
 * Sends one message by SMTP with swaks and returns { code, reply }: swaks' exit status (0 when accepted) and the dialogue.
 * headers is an object; a value that is an array gives the header several times.
 */
export async function sendMail({ server, from, to, subject, body, headers = {}, args = [] }) {
  const lines = [`From: ${from}`, `To: ${to}`, `Subject: ${subject}`, `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`]
  for (const [name, value] of Object.entries(headers)) for (const v of [value].flat()) lines.push(`${name}: ${v}`)
  if (!('MIME-Version' in headers)) lines.push('MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit')
  return sendRaw({ server, from, to, data: lines.join('\r\n') + '\r\n\r\n' + body.replace(/\r?\n/g, '\r\n') + '\r\n', args })
}

/** Sends a message as it is. */
export async function sendRaw({ server, from, to, data, args = [] }) {
  const dir = await mkdtemp(path.join(tmpdir(), 'kinbridge-mail-'))
  try {
    const file = path.join(dir, 'message.eml')
    await writeFile(file, data)
    const address = (who) => /<([^>]+)>/.exec(who)?.[1] ?? who
    const got = await run('swaks', ['--server', server, '--from', address(from), '--to', address(to), '--data', `@${file}`, '--timeout', '20', ...args])
    return { code: got.code, reply: got.stdout + got.stderr }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
