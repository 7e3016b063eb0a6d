// The open conversation: what arrives is put on top, what is known already is changed in place, and what has been in sight is reported.
import type { Line, Message } from './line'

export class ThreadView {
  private readonly watcher: IntersectionObserver
  private readonly told = new Set<string>()

  constructor(
    private readonly list: HTMLElement,
    private readonly template: HTMLTemplateElement,
    private readonly id: string,
    private readonly line: Line,
  ) {
    this.watcher = new IntersectionObserver((entries) => this.inSight(entries), { threshold: 0.25 })
    for (const card of list.querySelectorAll<HTMLElement>('[data-message][data-new]')) this.watch(card)
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') for (const card of list.querySelectorAll<HTMLElement>('[data-new]')) this.watch(card)
    })
  }

  /** Shows a message of this conversation; reports whether it was not there before. */
  show(m: Message): boolean {
    if (m.thread !== this.id) return false
    const there = Array.from(this.list.querySelectorAll<HTMLElement>('[data-message]')).find((el) => el.dataset['message'] === m.id)
    if (there) {
      this.fill(there.querySelector('[data-status]'), m.status)
      return false
    }
    const card = this.card(m)
    this.list.querySelector('[data-no-messages]')?.remove()
    this.list.prepend(card)
    if (m.new) this.watch(card)
    return true
  }

  private card(m: Message): HTMLElement {
    const card = (this.template.content.firstElementChild as HTMLElement).cloneNode(true) as HTMLElement
    card.dataset['message'] = m.id
    card.classList.toggle('kiosk-card--mine', m.mine)
    card.toggleAttribute('data-new', m.new)
    card.setAttribute('aria-label', `${m.from}, ${m.when}`)
    this.fill(card.querySelector('.kiosk-card__from'), m.from)
    const time = card.querySelector('time')
    this.fill(time, m.when)
    time?.setAttribute('datetime', m.at)
    if (!m.new) card.querySelector('.kiosk-tag')?.remove()
    this.fill(card.querySelector('[data-status]'), m.status)
    const speak = card.querySelector<HTMLElement>('[data-speak]')
    if (m.speech && speak) speak.dataset['speak'] = m.speech
    else speak?.remove()
    card.querySelector('.kiosk-card__body')?.replaceChildren(...paragraphs(m.body))
    return card
  }

  private fill(el: Element | null, text: string): void {
    if (el) el.textContent = text
  }

  private watch(card: HTMLElement): void {
    const id = card.dataset['message'] ?? ''
    if (!this.told.has(`shown ${id}`)) {
      this.told.add(`shown ${id}`)
      void this.line.ask({ type: 'receipt', message: id, what: 'shown' })
    }
    this.watcher.unobserve(card)
    this.watcher.observe(card)
  }

  private inSight(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const id = (entry.target as HTMLElement).dataset['message'] ?? ''
      if (!entry.isIntersecting || document.visibilityState !== 'visible' || this.told.has(`seen ${id}`)) continue
      this.told.add(`seen ${id}`)
      this.watcher.unobserve(entry.target)
      entry.target.removeAttribute('data-new')
      void this.line.ask({ type: 'receipt', message: id, what: 'seen' })
    }
  }
}

/** Plain text as paragraphs with the breaks its author made; nothing is read as HTML. */
function paragraphs(text: string): HTMLElement[] {
  return text
    .trim()
    .split(/\n[ \t]*\n+/)
    .map((part) => {
      const p = document.createElement('p')
      p.className = 'kiosk-text'
      part.split('\n').forEach((line, i) => {
        if (i > 0) p.append(document.createElement('br'))
        p.append(line)
      })
      return p
    })
}
