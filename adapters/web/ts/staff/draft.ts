import { words } from '../lib/lang'

const pause = 1500 // milliseconds without a key before a draft is saved

/**
 * Saves what is being written on the server, so that a closed window loses nothing. The markup:
 *
 *   <form data-draft="address to post to" data-words-saved="…" data-words-unsaved="…">
 *     <textarea name="body">…</textarea> <p role="status" data-draft-status></p></form>
 */
export function keepDraft(form: HTMLFormElement): void {
  const body = form.querySelector<HTMLTextAreaElement>('textarea[name="body"]')
  const status = form.querySelector<HTMLElement>('[data-draft-status]')
  const address = form.dataset['draft']
  if (!body || !address) return
  let saved = body.value
  let timer = 0
  let sending = false
  let submitted = false
  const gone = new AbortController()
  const say = (text: string): void => {
    if (status && status.textContent !== text) status.textContent = text
  }
  const save = async (): Promise<void> => {
    const text = body.value
    if (sending || submitted || text === saved) return
    sending = true
    try {
      const answer = await fetch(address, { method: 'POST', body: new URLSearchParams({ body: text }), credentials: 'same-origin', redirect: 'error', signal: gone.signal })
      if (!answer.ok) throw new Error(String(answer.status))
      saved = text
      say(words(form, 'saved'))
    } catch {
      if (!submitted) say(words(form, 'unsaved'))
    } finally {
      sending = false
    }
    if (body.value !== text) later()
  }
  const later = (): void => {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void save(), pause)
  }
  body.addEventListener('input', () => {
    say('')
    later()
  })
  form.addEventListener('submit', () => {
    submitted = true // the message itself is on its way, and takes its draft with it
    gone.abort()
    window.clearTimeout(timer)
  })
}
