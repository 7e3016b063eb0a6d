// Writing: the keyboard, ready-made replies, and sending over the line, which tries until the message is kept.
import type { Line } from './line'
import { startKeyboard } from './keyboard'

/** The keyboard and the ready-made words of a form. */
export function startWriting(form: HTMLFormElement): void {
  const box = form.querySelector('textarea')
  const board = form.querySelector<HTMLElement>('[data-keyboard]')
  if (!box || !board) return
  startKeyboard(board, box)
  form.addEventListener('click', (event) => {
    const ready = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-ready]') : null
    if (!ready) return
    event.preventDefault()
    box.value = ready.textContent ?? ''
    box.dispatchEvent(new Event('input', { bubbles: true }))
    box.scrollIntoView({ block: 'center' })
  })
}

export function startReply(form: HTMLFormElement, line: Line): void {
  const box = form.querySelector('textarea')
  const status = form.querySelector<HTMLElement>('[data-reply-status]')
  const key = form.querySelector<HTMLInputElement>('input[name=key]')
  const send = form.querySelector<HTMLButtonElement>('[data-send]')
  if (!box || !status || !key || !send) return
  startWriting(form)

  const say = (text: string): void => {
    status.textContent = text
    status.hidden = text === ''
  }
  form.addEventListener('submit', (event) => {
    if (event.submitter?.hasAttribute('data-ready')) return
    event.preventDefault()
    const body = box.value
    send.disabled = box.readOnly = true
    say(form.dataset['wordsSending'] ?? '')
    const slow = window.setTimeout(() => say(form.dataset['wordsWaiting'] ?? ''), 2500)
    // The key of the form is the frame's identifier: the same words sent again are the same message.
    void line.ask({ type: 'send', thread: form.dataset['thread'] ?? '', body }, key.value).then((answer) => {
      clearTimeout(slow)
      if (answer.type === 'sent' && answer.message) {
        location.assign(`/kiosk/messages/${form.dataset['thread'] ?? ''}/sent/${answer.message}`)
        return
      }
      say(answer.text ?? '')
      send.disabled = box.readOnly = false
    })
  })
}
