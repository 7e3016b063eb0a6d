import { words } from '../lib/lang'

/**
 * Keeps a part of a page up to date (the messages of a conversation, the board of a wing): the server tells by an event stream
 * that something changed, and the page then asks for the part. The markup:
 *
 *   <div data-follow="/…/live" data-follow-part="/…/part" data-live-mark="what the page shows" data-words-new="…">
 *     <div data-live-part>…</div><p role="status" data-live-status></p><p role="alert" data-live-stale data-words-stale="…"></p></div>
 *
 * What somebody has open or has focused in it is left alone: the change is shown when she leaves it. When the page can no longer be
 * kept up to date, because nobody is signed in any more, data-live-stale says so: an old board must not look like a new one.
 */
export function follow(root: HTMLElement): void {
  const address = root.dataset['follow']
  const part = root.dataset['followPart']
  const target = root.querySelector<HTMLElement>('[data-live-part]')
  const status = root.querySelector<HTMLElement>('[data-live-status]')
  const stale = root.querySelector<HTMLElement>('[data-live-stale]')
  if (!address || !part || !target) return
  const say = (old: boolean): void => {
    if (stale) stale.textContent = old ? words(stale, 'stale') : ''
  }
  let shown = root.dataset['liveMark'] ?? ''
  let stream: EventSource | null = null
  let wanted = shown
  let busy = false
  let away = 0 // the wait until a lost connection is told of: it often comes back at once

  const update = async (): Promise<void> => {
    if (busy || wanted === shown || target.contains(document.activeElement)) return
    busy = true
    const mark = wanted
    try {
      const answer = await fetch(part, { headers: { Accept: 'text/html' }, credentials: 'same-origin' })
      if (!answer.ok) {
        if (answer.status === 401 || answer.status === 404) {
          stream?.close()
          say(true)
        }
        return
      }
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
      const open = new Set(Array.from(target.querySelectorAll('article details[open]'), (d) => d.closest('article')?.id))
      target.replaceChildren(...Array.from(fresh.body.childNodes, (n) => document.importNode(n, true)))
      for (const d of target.querySelectorAll<HTMLDetailsElement>('article details')) d.open = open.has(d.closest('article')?.id)
      shown = mark
      root.dataset['liveMark'] = mark
      if (status) status.textContent = words(root, 'new')
    } catch {
      // The connection is away; the stream comes back with it and tells again.
    } finally {
      busy = false
    }
    if (wanted !== shown && wanted !== mark) void update()
  }

  const connect = (): void => {
    stream?.close()
    stream = new EventSource(`${address}${address.includes('?') ? '&' : '?'}mark=${encodeURIComponent(shown)}`)
    stream.addEventListener('open', () => {
      window.clearTimeout(away)
      say(false)
    })
    stream.addEventListener('mark', (event) => {
      wanted = (event as MessageEvent<string>).data
      void update()
    })
    stream.addEventListener('error', () => {
      // A stream that the server has ended is asked for again by the browser, unless it was refused.
      window.clearTimeout(away)
      away = window.setTimeout(() => say(true), 10_000)
      if (stream?.readyState === EventSource.CLOSED) window.setTimeout(() => { if (!document.hidden) connect() }, 10_000)
    })
  }
  target.addEventListener('focusout', () => window.setTimeout(() => void update()))
  // A browser allows few connections to one host: a page that nobody looks at gives its own back.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) stream?.close()
    else connect()
  })
  window.addEventListener('pagehide', () => stream?.close())
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) connect()
  })
  if (!document.hidden) connect()
}
