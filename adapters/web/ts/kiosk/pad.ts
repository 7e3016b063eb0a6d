// The number pad: real buttons in a fixed order, and dots for a PIN.

export function startPad(form: HTMLFormElement): void {
  const input = form.querySelector('input')
  const pad = form.querySelector<HTMLElement>('[data-pad]')
  if (!input || !pad) return
  const dots = form.querySelector<HTMLElement>('[data-dots]')
  form.querySelectorAll<HTMLElement>('[data-no-pad]').forEach((el) => {
    if (dots || !el.contains(input)) el.hidden = true
  })
  pad.hidden = false
  if (dots) dots.hidden = false

  const show = (): void => {
    if (!dots) return
    const count = input.value.length
    dots.replaceChildren(
      ...Array.from({ length: Math.max(6, count) }, (_, i) => {
        const dot = document.createElement('span')
        dot.className = i < count ? 'kiosk-dot kiosk-dot--full' : 'kiosk-dot'
        return dot
      }),
    )
    dots.setAttribute('aria-label', (dots.dataset['wordsDots'] ?? '%').replace('%', String(count)))
  }
  const put = (digit: string): void => {
    if (input.value.length < input.maxLength) input.value += digit
    show()
  }
  pad.addEventListener('click', (event) => {
    const key = event.target instanceof Element ? event.target.closest('button') : null
    if (!key) return
    if (key.dataset['key'] !== undefined) put(key.dataset['key'])
    else if (key.hasAttribute('data-rub-out')) {
      input.value = input.value.slice(0, -1)
      show()
    }
  })
  // A keyboard works too, for staff and for tests.
  document.addEventListener('keydown', (event) => {
    if (document.activeElement === input || event.ctrlKey || event.altKey || event.metaKey) return
    if (/^[0-9]$/.test(event.key)) put(event.key)
    else if (event.key === 'Backspace') {
      input.value = input.value.slice(0, -1)
      show()
    }
  })
  input.addEventListener('input', show)
  form.addEventListener('submit', (event) => {
    if (input.value === '') event.preventDefault()
  })
  show()
  pause(form, Number(form.dataset['wait'] ?? 0))
}

/** While no PIN is looked at the pad rests, so that nobody types in vain. */
function pause(form: HTMLFormElement, seconds: number): void {
  if (seconds <= 0) return
  const buttons = form.querySelectorAll<HTMLButtonElement>('button')
  buttons.forEach((b) => (b.disabled = true))
  window.setTimeout(() => buttons.forEach((b) => (b.disabled = false)), seconds * 1000)
}
