// An answer before a meeting: what she has typed so far is kept a moment after each key, and at once when she locks, so that nothing is lost.
import type { Line } from './line'
import { newID } from './line'

export function startSaying(form: HTMLFormElement, line: Line): void {
  const box = form.querySelector('textarea')
  if (!box) return
  let kept = box.value
  let timer = 0
  const frame = (): Record<string, unknown> => ({ type: 'keep', meeting: form.dataset['saying'] ?? '', question: form.dataset['question'] ?? '', body: box.value })
  const keep = (): void => {
    clearTimeout(timer)
    if (box.value === kept) return
    kept = box.value
    line.tell({ ...frame(), id: newID() })
  }
  box.addEventListener('input', () => {
    clearTimeout(timer)
    timer = window.setTimeout(keep, 400)
  })
  // Before the page's own listener closes the line.
  document.addEventListener('submit', keep, { capture: true })
  document.addEventListener('visibilitychange', keep)
}
