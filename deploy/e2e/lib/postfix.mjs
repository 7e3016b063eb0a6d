// Postfix as the local authority's mail server: an instance of its own in a temporary folder, on a free port of this machine,
// delivering into Maildirs and sending what is for the gateway to it.
import { chmod, chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { run, tempDir, until } from './process.mjs'

// Its master process starts as root and gives that up in its parts.
const root = process.getuid() === 0 ? [] : ['sudo', '-n']
const asRoot = (file, ...args) => run(...(root.length ? [root[0], [root[1], file, ...args]] : [file, args]))

/** A port of this machine that was free a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const s = net.createServer().once('error', reject)
    s.listen(0, '127.0.0.1', () => {
      const { port } = s.address()
      s.close(() => resolve(port))
    })
  })
}

const MASTER = (port) => `
127.0.0.1:${port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
`

/**
 * Starts it for the domains of the mailboxes, and nobody else there; mail for the domain relay goes to the gateway at host:port. It returns server (host:port),
 * mails(address) with the text of every mail delivered to it, start, stop, kill and said (its log). It is stopped when t ends.
 */
export async function startPostfix(t, { mailboxes, relay, gateway }) {
  const dir = await tempDir(t, 'kinbridge-postfix-')
  await chmod(dir, 0o755) // its parts run as the user postfix
  const conf = path.join(dir, 'conf')
  for (const d of ['conf', 'queue', 'data', 'mail']) await mkdir(path.join(dir, d))
  const id = async (flag, user) => Number((await run('id', [flag, user])).stdout)
  const [uid, gid] = [await id('-u', 'postfix'), await id('-g', 'postfix')]
  if (!uid) throw new Error('there is no user postfix: run "make install" (Debian package postfix)')
  if (root.length) await asRoot('chown', 'postfix:postfix', path.join(dir, 'data'), path.join(dir, 'mail'))
  else for (const d of ['data', 'mail']) await chown(path.join(dir, d), uid, gid)
  const port = await freePort()
  const domains = [...new Set(mailboxes.map((m) => m.split('@')[1]))]
  const log = path.join(dir, 'maillog')
  // Whatever checks the queue when it starts again writes what a kill left there into the log itself, as the user postfix.
  await writeFile(log, '')
  await chmod(log, 0o666)
  await writeFile(path.join(conf, 'master.cf'), MASTER(port))
  await writeFile(path.join(conf, 'main.cf'), `
compatibility_level = 3.6
queue_directory = ${dir}/queue
data_directory = ${dir}/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = ${log}
maillog_file_prefixes = ${dir}
myhostname = mail.${domains[0]}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
smtp_dns_support_level = disabled
virtual_mailbox_domains = ${domains.join(', ')}
virtual_mailbox_base = ${dir}/mail
virtual_mailbox_maps = inline:{${mailboxes.map((m) => `${m}=${m}/`).join(', ')}}
virtual_uid_maps = static:${uid}
virtual_gid_maps = static:${gid}
virtual_minimum_uid = 1
transport_maps = inline:{${relay}=smtp:[127.0.0.1]:${gateway.split(':')[1]}}
smtpd_recipient_restrictions = permit_mynetworks, reject
# When its parts are killed one by one, the last ones put mail off that the first had in hand: seconds, then, and not its usual five minutes.
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 4s
transport_retry_time = 1s
`)
  const said = () => readFile(log, 'utf8').catch(() => '')
  let running = false
  const stop = async () => {
    if (running) await asRoot('/usr/sbin/postfix', '-c', conf, 'stop')
    running = false
  }
  // Without a word to anybody, in the middle of whatever its parts are doing.
  const kill = async () => {
    const master = (await readFile(path.join(dir, 'queue/pid/master.pid'), 'utf8')).trim()
    const session = (await run('ps', ['-p', master, '-o', 'sid='])).stdout.trim()
    await asRoot('kill', '-KILL', master) // first, so that it starts no more parts while they are killed
    await until('postfix to be gone', async () => {
      await asRoot('pkill', '-KILL', '-s', session)
      return (await run('ps', ['-s', session, '-o', 'stat='])).stdout.split('\n').every((s) => !s.trim() || s.startsWith('Z'))
    }, { every: 50 })
    running = false
  }
  const start = async () => {
    const got = await asRoot('/usr/sbin/postfix', '-c', conf, 'start')
    if (got.code !== 0) throw new Error(`postfix does not start:\n${got.stdout}${got.stderr}${await said()}`)
    running = true
    await until('postfix to answer', async () => (await run('swaks', ['--server', `127.0.0.1:${port}`, '--quit-after', 'HELO'])).code === 0, { every: 200 }).catch(async (e) => {
      throw new Error(`${e.message}:\n${await said()}`)
    })
  }
  t.after(stop)
  await start()
  const mails = async (address) => {
    const box = path.join(dir, 'mail', address, 'new')
    const names = await readdir(box).catch(() => [])
    return Promise.all(names.sort().map((n) => readFile(path.join(box, n), 'utf8')))
  }
  return { server: `127.0.0.1:${port}`, mails, start, stop, kill, said }
}
