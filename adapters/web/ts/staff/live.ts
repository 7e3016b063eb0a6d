import { words } from '../lib/lang'

/**
 * Keeps the messages of a conversation up to date: the server tells by an event stream that something changed, and the page
 * then asks for its messages. The markup:
 *
 *   <div data-live-thread="/threads/ID" data-live-mark="what the page shows" data-words-new="…">
 *     <div data-live-messages>…</div><p role="status" data-live-status></p></div>
 *
 * What somebody has open or has focused in a message is left alone: the change is shown when she leaves it.
 */
export function followThread(root: HTMLElement): void {
  const address = root.dataset['liveThread']
  const target = root.querySelector<HTMLElement>('[data-live-messages]')
  const status = root.querySelector<HTMLElement>('[data-live-status]')
  if (!address || !target) return
  let shown = root.dataset['liveMark'] ?? ''
  let stream: EventSource | null = null
  let wanted = shown
  let busy = false

  const update = async (): Promise<void> => {
    if (busy || wanted === shown || target.contains(document.activeElement)) return
    busy = true
    const mark = wanted
    try {
      const answer = await fetch(`${address}/messages`, { headers: { Accept: 'text/html' }, credentials: 'same-origin' })
      if (!answer.ok) {
        if (answer.status === 401 || answer.status === 404) stream?.close()
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
    stream = new EventSource(`${address}/live?mark=${encodeURIComponent(shown)}`)
    stream.addEventListener('mark', (event) => {
      wanted = (event as MessageEvent<string>).data
      void update()
    })
    stream.addEventListener('error', () => {
      // A stream that the server has ended is asked for again by the browser, unless it was refused.
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
