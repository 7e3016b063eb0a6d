// The open conversation: what arrives is put on top, what is known already is changed in place, and what has been in sight is reported.
import type { File, Line, Message } from './line'

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
      this.files(there, m.files)
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
    this.files(card, m.files)
    return card
  }

  private files(card: HTMLElement, files: File[]): void {
    const place = card.querySelector<HTMLElement>('[data-files]')
    const words = this.template.content.querySelector<HTMLElement>('[data-files]')?.dataset['wordsTitle'] ?? ''
    place?.replaceChildren(...(files.length > 0 ? [made('h3', 'kiosk-files__title', words), fileList(files)] : []))
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

function made(tag: string, className: string, text = ''): HTMLElement {
  const el = document.createElement(tag)
  el.className = className
  el.textContent = text
  return el
}

/** The files of a message, as the server renders them. */
function fileList(files: File[]): HTMLElement {
  const list = made('ul', 'kiosk-files')
  for (const f of files) {
    const item = made('li', 'kiosk-file')
    item.append(made('p', 'kiosk-text kiosk-file__name', f.name))
    if (f.picture) {
      const link = made('a', 'kiosk-file__link') as HTMLAnchorElement
      const picture = made('img', 'kiosk-file__small') as HTMLImageElement
      const look = made('span', 'kiosk-button', f.look)
      look.append(made('span', 'kiosk-hidden', ` ${f.name}`))
      link.href = f.open
      picture.alt = ''
      picture.loading = 'lazy'
      picture.src = f.picture
      link.append(picture, look)
      item.append(link)
    } else {
      item.append(made('p', 'kiosk-text', f.why))
    }
    list.append(item)
  }
  return list
}
