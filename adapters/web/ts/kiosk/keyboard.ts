// The on-screen keyboard, with the letters of Welsh. It types into a box at the caret.

export function startKeyboard(board: HTMLElement, box: HTMLTextAreaElement): void {
  let capital = box.value === ''
  const shift = board.querySelector<HTMLButtonElement>('[data-shift]')
  const letters = Array.from(board.querySelectorAll<HTMLButtonElement>('[data-key]')).filter((b) => /^\p{L}$/u.test(b.dataset['key'] ?? ''))
  const show = (): void => {
    for (const b of letters) b.textContent = capital ? (b.dataset['key'] ?? '').toLocaleUpperCase('cy') : (b.dataset['key'] ?? '')
    shift?.setAttribute('aria-pressed', String(capital))
  }
  const type = (text: string): void => {
    const room = box.maxLength - box.value.length + (box.selectionEnd - box.selectionStart)
    if (box.maxLength >= 0 && text.length > room) return
    box.setRangeText(text, box.selectionStart, box.selectionEnd, 'end')
    changed()
  }
  const rubOut = (): void => {
    const end = box.selectionEnd
    let start = box.selectionStart
    if (start === end) start -= box.value.slice(0, start).match(/.$/su)?.[0].length ?? 0
    box.setRangeText('', Math.max(0, start), end, 'end')
    changed()
  }
  const changed = (): void => {
    box.dispatchEvent(new Event('input', { bubbles: true }))
    box.scrollTop = box.scrollHeight
    // A sentence begins with a capital, as people are used to from telephones.
    capital = /(^|[.?!]\s+|\n)$/.test(box.value.slice(0, box.selectionStart))
    show()
  }
  // The caret stays where it is: a press must not take the focus from the box.
  board.addEventListener('pointerdown', (event) => event.preventDefault())
  board.addEventListener('click', (event) => {
    const key = event.target instanceof Element ? event.target.closest('button') : null
    if (!key) return
    if (key === shift) {
      capital = !capital
      show()
    } else if (key.hasAttribute('data-rub-out')) rubOut()
    else if (key.dataset['key'] !== undefined) {
      const text = key.dataset['key']
      type(capital ? text.toLocaleUpperCase('cy') : text)
    }
  })
  board.hidden = false
  box.inputMode = 'none' // no keyboard of the system over ours
  box.setSelectionRange(box.value.length, box.value.length)
  show()
}
