// What people in a meeting say by a button, and what all of them see of it: a private word, a break, “I don't understand”, a hand that is up, a lock.
// The markup is in stage.ts. Nothing is decided here: the buttons show what the server has said one may do.
import type { Person, RoomClient } from './client'
import { label, put } from './words'

export interface AsidePage {
  section: HTMLElement
  find(name: string): HTMLElement | null
  text(name: string, fill?: Record<string, string>): string
  status(words: string): void
  alert(words: string): void
}

const alertFor = 15000 // ms

export class Aside {
  private unclear: Person | null = null
  private wasPrivate: 'no' | 'others' | 'own' = 'no'
  private wasBreak = false

  constructor(
    private readonly client: RoomClient,
    private readonly page: AsidePage,
  ) {
    const draw = (): void => this.draw()
    client.on('entered', draw)
    client.on('rights', draw)
    client.on('members', draw)
    client.on('private', draw)
    client.on('state', ({ state }) => {
      if (state !== 'inside') this.draw() // inside, "entered" follows with everything
    })
    client.on('locked', draw)
    client.on('unclear', (p) => {
      this.unclear = p
      this.draw()
    })
    client.on('told', (names) => page.status(names.length > 0 ? page.text('told', { names: names.join(', ') }) : page.text('told-nobody')))
  }

  wire(): void {
    const c = this.client
    this.press('hand', () => (c.self?.hand ? c.lowerHand(c.self.id) : c.raiseHand()))
    this.press('return', () => c.endPrivate())
    this.press('break', () => c.needBreak())
    this.press('break-over', () => {
      for (const p of this.everybody()) if (p.break) c.breakOver(p.id)
    })
    this.press('unclear', () => c.notUnderstood())
    this.press('unclear-seen', () => {
      this.unclear = null
      this.draw()
    })
    this.press('lock', () => c.setLock(!c.locked))
  }

  /** Whether a member and oneself are on different sides of the wall of a private word. */
  apart(p: Pick<Person, 'private'>): boolean {
    return p.private !== (this.client.self?.private ?? false)
  }

  draw(): void {
    const c = this.client
    const inside = c.state === 'inside'
    this.drawPrivate(inside)
    this.drawBreak(inside)
    this.note('unclear-note', inside && this.unclear ? this.page.text('unclear-note', { name: this.unclear.name }) : '')
    this.show('unclear-seen', inside && this.unclear !== null, 'mic')
    this.show('unclear', inside && c.rights.ask)
    this.drawHands(inside)
    this.note('locked-note', inside && c.locked ? this.page.text('locked') : '')
    const lock = this.page.find('lock')
    if (lock) label(lock, this.page.text(c.locked ? 'unlock' : 'lock'))
    this.show('lock', inside && c.rights.moderate)
  }

  private everybody(): Person[] {
    const { self, members } = this.client
    return [...(self ? [self] : []), ...members.values()]
  }

  private drawPrivate(inside: boolean): void {
    const { self } = this.client
    const two = inside ? this.everybody().filter((p) => p.private) : []
    const own = two.some((p) => p.id === self?.id)
    const names = two.map((p) => p.name)
    let words = ''
    if (own) words = this.page.text('private-with', { name: two.find((p) => p.id !== self?.id)?.name ?? '' })
    else if (two.length > 0) words = this.page.text('private-others', { name: names[0] ?? '', other: names[1] ?? '' })
    this.note('private-note', words)
    this.page.section.toggleAttribute('data-private', own)
    if (inside) this.sayOver(own ? 'own' : two.length > 0 ? 'others' : 'no')
    const box = this.page.find('privates')
    const held = box?.contains(document.activeElement) ?? false
    this.drawChoices(inside ? this.client.may : [])
    this.show('return', own, 'mic')
    if (held && !box?.contains(document.activeElement)) this.page.find(own ? 'return' : 'mic')?.focus()
  }

  /** Says that a private word is over, to the two with force: also when it ended because the connection or the server was gone for a moment. */
  private sayOver(now: 'no' | 'others' | 'own'): void {
    const before = this.wasPrivate
    this.wasPrivate = now
    const words = this.page.text('private-over')
    if (before === 'own' && now !== 'own') {
      this.page.alert(words)
      window.setTimeout(() => {
        if (this.page.find('alert')?.textContent === words) this.page.alert('')
      }, alertFor)
    } else if (before === 'others' && now === 'no') this.page.status(words)
    if (now === 'own' && this.page.find('alert')?.textContent === words) this.page.alert('')
  }

  /** One button for each with whom she may talk in private; those that stay are left alone, and with them the focus. */
  private drawChoices(may: string[]): void {
    const box = this.page.find('privates')
    const template = this.page.section.querySelector<HTMLTemplateElement>('template[data-room-private-item]')
    if (!box || !template) return
    for (const button of [...box.children]) if (button instanceof HTMLElement && !may.includes(button.dataset['member'] ?? '')) button.remove()
    for (const id of may) {
      let button = [...box.children].find((b): b is HTMLElement => b instanceof HTMLElement && b.dataset['member'] === id)
      if (!button) {
        const made = template.content.firstElementChild?.cloneNode(true)
        if (!(made instanceof HTMLElement)) continue
        made.dataset['member'] = id
        made.addEventListener('click', () => this.client.beginPrivate(id))
        box.append(made)
        button = made
      }
      label(button, this.page.text('private-begin', { name: this.client.members.get(id)?.name ?? '' }))
    }
  }

  private drawBreak(inside: boolean): void {
    const { self, rights } = this.client
    const who = inside ? this.everybody().filter((p) => p.break) : []
    const own = who.some((p) => p.id === self?.id)
    this.note('break-note', own ? this.page.text('break-self') : who.map((p) => this.page.text('break-said', { name: p.name })).join(' '))
    if (inside && this.wasBreak && who.length === 0) this.page.status(this.page.text('break-over-said'))
    this.wasBreak = who.length > 0
    this.show('break-over', who.length > 0 && (own || rights.moderate), rights.ask ? 'break' : 'mic')
    this.show('break', inside && rights.ask && !own, 'break-over')
  }

  private drawHands(inside: boolean): void {
    const { self, rights } = this.client
    const up = inside ? this.everybody().filter((p) => p.hand > 0) : []
    up.sort((a, b) => a.hand - b.hand)
    this.note('hands', up.length > 0 ? this.page.text('hands', { names: up.map((p, i) => `${i + 1}. ${p.name}`).join(', ') }) : '')
    const button = this.page.find('hand')
    if (button) label(button, this.page.text(self?.hand ? 'hand-lower' : 'hand-raise'))
    this.show('hand', inside && rights.publish)
  }

  private note(name: string, words: string): void {
    const note = this.page.find(name)
    if (!note) return
    put(note, words)
    note.hidden = words === ''
  }

  /** Shows a button or hides it; one that goes while it has the focus hands it on to another. */
  private show(name: string, visible: boolean, next?: string): void {
    const button = this.page.find(name)
    if (!button || button.hidden === !visible) return
    const held = document.activeElement === button
    button.hidden = !visible
    if (held && next) {
      const other = this.page.find(next)
      if (other) other.hidden = false
      other?.focus()
    }
  }

  private press(name: string, does: () => void): void {
    this.page.find(name)?.addEventListener('click', does)
  }
}
