// The stage fills a server-rendered <section data-room> with a meeting: tiles, names, buttons, the lobby. It makes no
// style and parses no HTML: everything it shows is cloned from <template>s and written as text.
//
// The markup (guest, kiosk and staff pages render it, each with its own look):
//
//   <section data-room aria-labelledby=…
//     data-room-ws="/rooms/ws"           address of the signalling socket
//     data-room-ticket="…"               a fresh ticket; or leave it out and give:
//     data-room-ticket-url="/…"          POST here (same origin, Accept: application/json) answers {"ticket": "…"}; used
//                                        at the start without data-room-ticket, and after a long interruption
//     data-room-policy="relay"           optional: everything through TURN
//     data-text-…="…">                   every text below, in the page's language
//
//     <p data-room-status role="status"></p>       what is going on; polite announcements
//     <p data-room-alert role="alert"></p>         what needs attention now; hidden when empty
//     <p data-room-time hidden></p>                time left
//     <div role="status">                          what lasts: who talks in private, who needs a break, whose hands are up (aside.ts)
//         <p data-room-private-note hidden></p> <p data-room-break-note hidden></p> <p data-room-unclear-note hidden></p>
//         <p data-room-hands hidden></p> <p data-room-locked-note hidden></p></div>
//     <ul data-room-tiles></ul>
//     <template data-room-tile><li>                one member; attributes data-self, data-lost, data-mic="on|off",
//                                                  data-camera="on|off", data-source="camera|screen" are set for CSS
//         <video data-tile-video playsinline></video>
//         <span data-tile-name></span> <span data-tile-state></span>
//         <button type="button" data-tile-mute hidden></button>      shown to members who may moderate
//         <button type="button" data-tile-remove hidden></button>
//         <button type="button" data-tile-lower hidden></button>     her hand
//     </li></template>
//     <section data-room-lobby hidden>             shown to members who may admit, while somebody waits
//         <h2>…</h2><p data-room-lobby-locked hidden></p><ul data-room-lobby-list></ul>
//         <button type="button" data-room-admit-all hidden></button>
//         <template data-room-lobby-item><li><span data-lobby-name></span>
//           <button type="button" data-lobby-admit></button> <button type="button" data-lobby-refuse></button></li></template>
//     </section>
//     <button type="button" data-room-mic aria-pressed="true">…</button>      texts mic-on, mic-off are put into it
//     <button type="button" data-room-camera aria-pressed="true">…</button>   camera-on, camera-off
//     <button type="button" data-room-hand hidden>…</button>                  texts hand-raise, hand-lower
//     <span data-room-privates></span>             buttons made of <template data-room-private-item>, one for each with whom she may talk in private
//     <button type="button" data-room-return hidden>…</button>                back from there
//     <button type="button" data-room-break hidden>…</button>                 hers alone
//     <button type="button" data-room-break-over hidden>…</button>
//     <button type="button" data-room-unclear hidden>…</button>               hers alone
//     <button type="button" data-room-unclear-seen hidden>…</button>
//     <button type="button" data-room-lock hidden>…</button>                  texts lock, unlock
//     <button type="button" data-room-sound hidden>…</button>                 when the browser will not play by itself
//     <button type="button" data-room-leave>…</button>
//     <button type="button" data-room-end hidden>…</button>                   shown to members who may end for all
//     <div data-room-over hidden tabindex="-1">     shown when it is over, and focused
//         <p data-room-over-text></p><button type="button" data-room-rejoin hidden>…</button></div>
//   </section>
//
// Elements that a page does not want may be left out, but for data-room-tiles and its template. The section's attribute
// data-room-state follows the client: connecting, waiting, inside, reconnecting, over. A button that holds an element
// [data-label] has its words put there, so that it can hold an icon too.
//
// Texts (data-text-NAME; {name} and {minutes} are filled in):
//   connecting waiting inside reconnecting link-broken
//   joined left knocking muted-by-host camera-refused camera-missing mic-refused mic-missing
//   private-begin private-with private-others private-over break-said break-self break-over-said unclear-note told told-nobody hands hand-raised
//   hand-raise hand-lower lower lock unlock locked knock-again minutes-until time-over
//   tile-apart tile-private tile-hand tile-you tile-lost tile-muted tile-no-camera tile-screen
//   mic-on mic-off camera-on camera-off mute remove admit refuse minutes-left confirm-end
//   over-left over-ended over-time over-refused over-removed over-replaced over-not_expected over-too_early over-expired over-version
import { mediaTrouble, openMedia } from './devices'
import { Aside } from './aside'
import { label, put } from './words'
import { RoomClient, type Ends, type Knocking, type Person, type RemoteTrack, type State } from './client'

export interface StageOptions {
  /** Tracks that a device check has opened already; otherwise the stage opens microphone and camera itself. */
  stream?: MediaStream
  /** Called with every state, for pages that show a clock or pause an idle timer. */
  onState?: (state: State, reason: string) => void
}

/** What a tile shows of a member besides her name. */
type Shown = Pick<Person, 'mic' | 'camera' | 'present' | 'private' | 'hand'>

type Tile = { root: HTMLElement; video: HTMLVideoElement; stream: MediaStream }

/** Starts the meeting of a section. The client it returns is for pages that offer more than the stage does. */
export async function startStage(section: HTMLElement, options: StageOptions = {}): Promise<RoomClient> {
  const stage = new Stage(section, options)
  await stage.start()
  return stage.client
}

class Stage {
  readonly client: RoomClient
  private readonly tiles = new Map<string, Tile>()
  private tracks: RemoteTrack[] = []
  private ends: Ends | null = null
  private readonly aside: Aside
  private waitingBefore = new Set<string>()

  constructor(
    private readonly section: HTMLElement,
    private readonly options: StageOptions,
  ) {
    const url = section.dataset['roomTicketUrl']
    this.client = new RoomClient({
      ...(url ? { ticketsFetch: () => fetchTicket(url) } : {}),
      policy: section.dataset['roomPolicy'] === 'relay' ? 'relay' : 'all',
    })
    this.aside = new Aside(this.client, {
      section,
      find: (name) => this.find(name),
      text: (name, fill) => this.text(name, fill),
      status: (words) => this.status(words),
      alert: (words) => this.alert(words),
    })
  }

  async start(): Promise<void> {
    this.wire()
    this.listen()
    this.client.publish(this.options.stream ?? (await this.openDevices()))
    this.drawTiles()
    const data = this.section.dataset
    try {
      const ticket = data['roomTicket'] ?? (await fetchTicket(data['roomTicketUrl'] ?? ''))
      this.client.connect(data['roomWs'] ?? '/rooms/ws', ticket)
    } catch {
      this.over('expired')
    }
    window.setInterval(() => this.drawTime(), 15000)
  }

  private async openDevices(): Promise<MediaStream | null> {
    try {
      const stream = await openMedia()
      if (stream.getVideoTracks().length === 0) this.alert(this.text('camera-missing'))
      return stream
    } catch (error) {
      this.alert(this.text(mediaTrouble(error) === 'refused' ? 'mic-refused' : 'mic-missing'))
      return null
    }
  }

  private listen(): void {
    const c = this.client
    c.on('state', ({ state, reason }) => {
      this.section.dataset['roomState'] = state
      if (state === 'over') this.over(reason)
      else this.status(this.text(state))
      this.options.onState?.(state, reason)
      this.drawTiles()
    })
    c.on('entered', () => this.drawRights())
    c.on('rights', () => this.drawRights())
    c.on('members', () => this.drawTiles())
    c.on('joined', (p) => this.status(this.text('joined', { name: p.name })))
    c.on('left', ({ person }) => this.status(this.text('left', { name: person.name })))
    c.on('tracks', (tracks) => {
      this.tracks = tracks
      this.drawTiles()
    })
    c.on('lobby', ({ waiting, count }) => this.drawLobby(waiting, count))
    c.on('muted', () => this.alert(this.text('muted-by-host')))
    c.on('sending', () => {
      this.drawButtons()
      this.drawTiles()
    })
    c.on('link', (link) => this.alert(link === 'broken' ? this.text('link-broken') : ''))
    c.on('ends', (ends) => {
      this.ends = ends
      this.drawTime()
    })
  }

  private wire(): void {
    const c = this.client
    this.press('mic', () => c.setMic(!c.mic))
    this.press('camera', () => c.setCamera(!c.camera))
    this.press('leave', () => c.leave())
    this.press('rejoin', () => {
      const over = this.find('over')
      if (over) over.hidden = true
      void this.openDevices().then((stream) => {
        c.publish(stream)
        c.rejoin()
      })
    })
    this.press('end', () => {
      if (window.confirm(this.text('confirm-end'))) c.endForAll()
    })
    this.press('sound', () => {
      for (const t of this.tiles.values()) void t.video.play()
      const button = this.find('sound')
      if (button) button.hidden = true
    })
    this.press('admit-all', () => c.admitAll([...this.waitingBefore]))
    this.aside.wire()
    this.drawButtons()
  }

  // Drawing.

  private drawButtons(): void {
    for (const [name, on] of [['mic', this.client.mic], ['camera', this.client.camera]] as const) {
      const button = this.find(name)
      if (!button) continue
      button.setAttribute('aria-pressed', String(on))
      label(button, this.text(on ? `${name}-on` : `${name}-off`))
    }
  }

  private drawRights(): void {
    const end = this.find('end')
    if (end) end.hidden = !this.client.rights.end
    if (!this.client.rights.admit) this.drawLobby([], 0)
    this.drawTiles()
  }

  private drawTiles(): void {
    const list = this.find('tiles')
    if (!list) return
    const wanted = new Map<string, () => void>()
    const self = this.client.self
    wanted.set('self', () => this.drawSelf(self))
    for (const p of this.client.members.values()) {
      wanted.set(p.id, () => this.drawMember(p))
      if (this.tracks.some((t) => t.member === p.id && t.source === 'screen')) {
        wanted.set(p.id + ' screen', () => this.drawScreen(p))
      }
    }
    for (const [id, tile] of this.tiles) {
      if (!wanted.has(id)) {
        tile.video.srcObject = null
        tile.root.remove()
        this.tiles.delete(id)
      }
    }
    for (const draw of wanted.values()) draw()
  }

  private tile(id: string): Tile | null {
    const known = this.tiles.get(id)
    if (known) return known
    const template = this.section.querySelector<HTMLTemplateElement>('template[data-room-tile]')
    const root = template?.content.firstElementChild?.cloneNode(true)
    if (!(root instanceof HTMLElement)) return null
    const video = root.querySelector<HTMLVideoElement>('[data-tile-video]')
    if (!video) return null
    video.autoplay = true
    video.playsInline = true
    const tile = { root, video, stream: new MediaStream() }
    video.srcObject = tile.stream
    this.tiles.set(id, tile)
    this.find('tiles')?.append(root)
    return tile
  }

  private drawSelf(self: Person | null): void {
    const tile = this.tile('self')
    if (!tile) return
    tile.video.muted = true
    tile.root.dataset['self'] = ''
    const camera = this.client.localTrack('camera')
    this.fill(tile, camera ? [camera] : [])
    this.name(tile, this.text('tile-you', { name: self?.name ?? '' }), {
      mic: this.client.mic,
      camera: this.client.camera && camera !== null,
      present: true,
      private: self?.private ?? false,
      hand: self?.hand ?? 0,
    })
  }

  private drawMember(p: Person): void {
    const tile = this.tile(p.id)
    if (!tile) return
    this.fill(tile, this.tracks.filter((t) => t.member === p.id && t.source !== 'screen').map((t) => t.track))
    this.name(tile, p.name, p)
    this.moderate(tile, p)
  }

  private drawScreen(p: Person): void {
    const tile = this.tile(p.id + ' screen')
    if (!tile) return
    tile.root.dataset['source'] = 'screen'
    this.fill(tile, this.tracks.filter((t) => t.member === p.id && t.source === 'screen').map((t) => t.track))
    this.name(tile, this.text('tile-screen', { name: p.name }), { mic: true, camera: true, present: true, private: p.private, hand: 0 })
  }

  // fill leaves a tile's stream alone when nothing changed, so that playing does not stutter.
  private fill(tile: Tile, tracks: MediaStreamTrack[]): void {
    for (const old of tile.stream.getTracks()) if (!tracks.includes(old)) tile.stream.removeTrack(old)
    for (const track of tracks) if (!tile.stream.getTracks().includes(track)) tile.stream.addTrack(track)
    if (tracks.length > 0 && tile.video.paused) {
      tile.video.play().catch((error: unknown) => {
        const button = this.find('sound')
        if (button && error instanceof Error && error.name === 'NotAllowedError') button.hidden = false
      })
    }
  }

  private name(tile: Tile, name: string, p: Shown): void {
    const { root } = tile
    root.dataset['mic'] = p.mic ? 'on' : 'off'
    root.dataset['camera'] = p.camera ? 'on' : 'off'
    root.toggleAttribute('data-lost', !p.present)
    put(root.querySelector('[data-tile-name]'), name)
    const apart = this.aside.apart(p)
    root.toggleAttribute('data-apart', apart)
    const state = apart ? (p.private ? 'tile-private' : 'tile-apart') : !p.present ? 'tile-lost' : !p.mic ? 'tile-muted' : !p.camera ? 'tile-no-camera' : ''
    const said = [state, p.hand ? 'tile-hand' : ''].filter((s) => s !== '').map((s) => this.text(s))
    put(root.querySelector('[data-tile-state]'), said.join(', '))
    tile.video.setAttribute('aria-label', name)
  }

  private moderate(tile: Tile, p: Person): void {
    for (const [what, does] of [
      ['mute', () => this.client.mute(p.id)],
      ['remove', () => this.client.remove(p.id)],
      ['lower', () => this.client.lowerHand(p.id)],
    ] as const) {
      const button = tile.root.querySelector<HTMLButtonElement>(`[data-tile-${what}]`)
      if (!button) continue
      button.hidden = !this.client.rights.moderate || (what === 'mute' && !p.mic) || (what === 'lower' && p.hand === 0)
      label(button, this.text(what, { name: p.name }))
      button.onclick = does
    }
  }

  private drawLobby(list: Knocking[], count: number): void {
    const box = this.find('lobby')
    const items = this.find('lobby-list')
    const template = this.section.querySelector<HTMLTemplateElement>('template[data-room-lobby-item]')
    if (!box || !items || !template) return
    box.hidden = count === 0
    const locked = this.find('lobby-locked')
    if (locked) locked.hidden = count === 0 || !this.client.locked
    const all = this.find('admit-all')
    if (all) all.hidden = list.filter((k) => !k.again).length < 2
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['knock'] : undefined
    items.replaceChildren()
    for (const k of list) {
      const item = template.content.firstElementChild?.cloneNode(true)
      if (!(item instanceof HTMLElement)) continue
      put(item.querySelector('[data-lobby-name]'), k.again ? this.text('knock-again', { name: k.name }) : k.name)
      for (const what of ['admit', 'refuse'] as const) {
        const button = item.querySelector<HTMLButtonElement>(`[data-lobby-${what}]`)
        if (!button) continue
        label(button, this.text(what, { name: k.name }))
        button.dataset['knock'] = `${what} ${k.id}`
        button.onclick = () => this.client[what](k.id)
      }
      items.append(item)
      if (!this.waitingBefore.has(k.id)) this.alert(this.text('knocking', { name: k.name }))
    }
    if (list.length === 0 && this.waitingBefore.size > 0) this.alert('')
    this.waitingBefore = new Set(list.map((k) => k.id))
    if (focused) items.querySelector<HTMLElement>(`[data-knock="${CSS.escape(focused)}"]`)?.focus()
  }

  private drawTime(): void {
    const box = this.find('time')
    if (!box || !this.ends) return
    const left = (to: Date): number => Math.max(0, Math.ceil((to.getTime() - Date.now()) / 60000))
    const { until, closes } = this.ends
    box.hidden = this.client.state !== 'inside'
    const going = until && until.getTime() > Date.now()
    put(box, going ? this.text('minutes-until', { minutes: String(left(until)) }) : this.text(until ? 'time-over' : 'minutes-left', { minutes: String(left(closes)) }))
  }

  private over(reason: string): void {
    this.section.dataset['roomState'] = 'over'
    const words = this.text(`over-${reason}`) || this.text('over-ended')
    this.status(words)
    this.alert('')
    this.drawLobby([], 0)
    this.aside.draw()
    // Nobody should wonder whether the camera still looks at her.
    for (const source of ['mic', 'camera', 'screen'] as const) this.client.localTrack(source)?.stop()
    const box = this.find('over')
    if (!box) return
    put(this.find('over-text'), words)
    const rejoin = this.find('rejoin')
    if (rejoin) rejoin.hidden = reason !== 'left'
    box.hidden = false
    box.focus()
  }

  // Small things.

  private find(name: string): HTMLElement | null {
    return this.section.querySelector<HTMLElement>(`[data-room-${name}]`)
  }

  private press(name: string, does: () => void): void {
    this.find(name)?.addEventListener('click', does)
  }

  private text(name: string, fill: Record<string, string> = {}): string {
    const words = this.section.getAttribute(`data-text-${name}`) ?? ''
    return words.replace(/\{(\w+)\}/g, (_, key: string) => fill[key] ?? '')
  }

  private status(words: string): void {
    put(this.find('status'), words)
  }

  private alert(words: string): void {
    const box = this.find('alert')
    if (!box) return
    put(box, words)
    box.hidden = words === ''
  }
}

async function fetchTicket(url: string): Promise<string> {
  const answer = await fetch(url, { method: 'POST', headers: { Accept: 'application/json' }, credentials: 'same-origin' })
  if (!answer.ok) throw new Error(`ticket: ${answer.status}`)
  const { ticket } = (await answer.json()) as { ticket?: unknown }
  if (typeof ticket !== 'string' || ticket === '') throw new Error('ticket: none')
  return ticket
}
