// Read to me: asks for headphones once, plays what the server speaks, and always shows Stop.

export class Reader {
  private audio: HTMLAudioElement | null = null
  private asked = false

  constructor(
    private readonly live: HTMLElement,
    private readonly playing: (on: boolean) => void,
  ) {
    this.find('[data-stop]').addEventListener('click', () => this.stop())
    document.addEventListener('click', (event) => {
      const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>('[data-speak]') : null
      if (button?.dataset['speak']) void this.read(button.dataset['speak'], button)
    })
    document.querySelectorAll<HTMLElement>('[data-speak]').forEach((b) => (b.hidden = false))
  }

  stop(): void {
    this.audio?.pause()
    this.audio = null
    this.find('[data-player]').hidden = true
    this.playing(false)
  }

  private find(selector: string): HTMLElement {
    const el = this.live.querySelector<HTMLElement>(selector)
    if (!el) throw new Error(`the page has no ${selector}`)
    return el
  }

  private async read(url: string, from: HTMLElement): Promise<void> {
    if (!this.asked && !(await this.headphones())) {
      from.focus()
      return
    }
    this.asked = true
    this.stop()
    const status = this.find('[data-player-status]')
    this.find('[data-player]').hidden = false
    status.textContent = status.dataset['wordsReading'] ?? ''
    const audio = new Audio(url)
    this.audio = audio
    const mine = (): boolean => this.audio === audio
    audio.onended = () => mine() && this.stop()
    audio.onerror = () => {
      if (mine()) status.textContent = status.dataset['wordsFailed'] ?? ''
      this.playing(false)
    }
    this.playing(true)
    try {
      await audio.play()
    } catch {
      if (mine()) status.textContent = status.dataset['wordsFailed'] ?? ''
    }
  }

  private headphones(): Promise<boolean> {
    const box = this.find('[data-headphones]')
    box.hidden = false
    const yes = this.find('[data-headphones-yes]')
    const no = this.find('[data-headphones-no]')
    yes.focus()
    return new Promise((resolve) => {
      const done = (answer: boolean): void => {
        box.hidden = true
        yes.onclick = no.onclick = null
        resolve(answer)
      }
      yes.onclick = () => done(true)
      no.onclick = () => done(false)
    })
  }
}
