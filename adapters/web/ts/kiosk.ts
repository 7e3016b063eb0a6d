import './lib/start'
import { workerURL } from './lib/trusted'
import { Line } from './kiosk/line'
import { lockOwed, lockPaid, neverFromMemory, oweLock, wipe } from './kiosk/lock'
import { startPad } from './kiosk/pad'
import { startMeetings } from './kiosk/meetings'
import { startReply, startWriting } from './kiosk/reply'
import { startSaying } from './kiosk/saying'
import { Reader } from './kiosk/speech'
import { ThreadView } from './kiosk/thread'

neverFromMemory()

const pad = document.querySelector<HTMLFormElement>('form[data-keypad]')
if (pad) startPad(pad)

// A form with a keyboard that is sent as a form: an answer, or what she asks for.
for (const form of document.querySelectorAll<HTMLFormElement>('form[data-write]')) startWriting(form)

const live = document.querySelector<HTMLElement>('[data-live]')
if (live && lockOwed()) wipe()
else if (live) startLive(live)
else startWaiting()

if ('serviceWorker' in navigator) {
  // Without it only the offline page is missing.
  navigator.serviceWorker.register(workerURL('/kiosk/sw.js'), { scope: '/kiosk/' }).catch(() => undefined)
}

/** A page of hers: the line to the server, the idle question, reading aloud, the open conversation. */
function startLive(root: HTMLElement): void {
  const part = (name: string): HTMLElement | null => root.querySelector<HTMLElement>(`[data-${name}]`)
  const ask = part('ask')
  const here = part('here')
  const offline = part('offline')
  const news = part('news')
  const newsText = part('news-text')
  const newsLink = root.querySelector<HTMLAnchorElement>('[data-news-link]')
  let busy: 'audio' | 'meeting' | '' = ''
  let thread: ThreadView | null = null
  let before: Element | null = null

  // A page that loads itself anew would count as a sign of her, so what is new is announced, and she opens it.
  const announce = (text: string | undefined, href: string): void => {
    if (!news || !newsText || !newsLink) return
    newsText.textContent = text ?? ''
    newsLink.href = href
    news.hidden = false
  }

  const line = new Line(Number(root.dataset['cursor'] ?? 0), {
    item(item) {
      if (item.kind === 'meeting') {
        announce(root.dataset['wordsMeeting'], '/kiosk/meetings')
        if (item.meeting) void line.ask({ type: 'receipt', meeting: item.meeting, what: 'shown' })
      }
      const m = item.message
      if (!m) return
      thread?.show(m)
      if (!m.mine && m.new && !(thread && m.thread === root.dataset['thread'])) announce(root.dataset['wordsNew'], `/kiosk/messages/${m.thread}`)
    },
    warn() {
      if (!ask || !here) return
      before = document.activeElement
      ask.hidden = false
      here.focus()
    },
    awake() {
      if (!ask || ask.hidden) return
      ask.hidden = true
      if (before instanceof HTMLElement) before.focus()
    },
    locked: wipe,
    online(on) {
      if (offline) offline.hidden = on
    },
  })

  let lastTouch = 0
  let lastSign = Date.now()
  const touched = (): void => {
    lastSign = Date.now()
    if (Date.now() - lastTouch < 5000 && (ask?.hidden ?? true)) return
    lastTouch = Date.now()
    line.tell({ type: 'active', why: 'touch' })
  }
  for (const kind of ['pointerdown', 'keydown'] as const) document.addEventListener(kind, touched, { capture: true, passive: true })
  here?.addEventListener('click', touched)
  window.setInterval(() => busy && line.tell({ type: 'active', why: busy }), 20_000)
  // The server locks; while it cannot be reached the page does it by itself, a little later.
  const longest = (Number(root.dataset['idle'] ?? 90) + Number(root.dataset['warn'] ?? 30) + 5) * 1000
  window.setInterval(() => {
    if (busy) lastSign = Date.now()
    else if (Date.now() - lastSign > longest) {
      line.close()
      wipe()
    }
  }, 2000)

  new Reader(root, (on) => {
    if (busy !== 'meeting') busy = on ? 'audio' : ''
    if (on) line.tell({ type: 'active', why: 'audio' })
  })

  const list = document.querySelector<HTMLElement>('[data-messages]')
  const template = document.querySelector<HTMLTemplateElement>('[data-message-template]')
  if (list && template) thread = new ThreadView(list, template, root.dataset['thread'] ?? '', line)

  startMeetings(line)
  const saying = document.querySelector<HTMLFormElement>('form[data-saying]')
  if (saying) startSaying(saying, line)

  const reply = document.querySelector<HTMLFormElement>('form[data-reply]')
  if (reply) startReply(reply, line)

  const room = document.querySelector<HTMLElement>('[data-kiosk-room] [data-room]')
  if (room) {
    void import('./room/stage').then(({ startStage }) =>
      startStage(room, {
        onState(state) {
          busy = state === 'over' || state === 'idle' ? '' : 'meeting'
          if (busy) line.tell({ type: 'active', why: 'meeting' })
        },
      }),
    )
  }

  // Lock: empty the screen at once; the form still goes, with its cookie, to end the session.
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-lock]')) {
    form.addEventListener('submit', () => {
      oweLock()
      line.close()
      document.querySelector('main')?.setAttribute('hidden', '')
    })
  }
}

/** A page of nobody's: it goes back to the start when nobody touches it. */
function startWaiting(): void {
  if (document.querySelector('[data-locked]')) lockPaid()
  const back = document.querySelector('[data-back-to-start], [data-locked]')
  if (back) {
    let timer = 0
    const arm = (): void => {
      clearTimeout(timer)
      timer = window.setTimeout(() => location.replace('/kiosk/'), back.hasAttribute('data-locked') ? 15_000 : 60_000)
    }
    for (const kind of ['pointerdown', 'keydown'] as const) document.addEventListener(kind, arm, { passive: true })
    arm()
  }
  const tryAgain = document.querySelector<HTMLAnchorElement>('[data-offline-page] a')
  if (tryAgain) {
    if (lockOwed()) tryAgain.href = '/kiosk/locked'
    window.setInterval(() => {
      void fetch('/kiosk/offline', { cache: 'no-store' }).then(
        (answer) => answer.ok && location.replace(tryAgain.href),
        () => undefined,
      )
    }, 5000)
  }
}
