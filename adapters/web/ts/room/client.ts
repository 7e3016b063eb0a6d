// RoomClient is one member's part of a meeting in the browser, without a page: it joins, sends and receives, and comes
// back by itself when the network does. Its page listens to its events (stage.ts is one).
import { openDevice } from './devices'
import { MediaConnection, type RemoteTrack } from './media'
import { ourTimes, type RoomEvents, type State } from './events'
import { closeNoRoom, closeTicket, finalCloses } from './protocol'
import type { EnteredMessage, Knocking, Person, Rights, ServerMessage, Source } from './protocol'

export type { Ends, RoomEvents, State } from './events'
export type { Knocking, Person, RemoteTrack, Rights, Source }

export interface RoomOptions {
  /** Fetches a new ticket, when the server no longer knows us. Without it the client then ends with reason "expired". */
  ticketsFetch?: () => Promise<string>
  /** 'relay' sends everything through the TURN server. */
  policy?: RTCIceTransportPolicy
}

const beat = 5000 // ms between pings
const silence = 12000 // ms without a word after which the socket is taken for dead
const noRoomFor = 60000 // ms a server that has lost the room is given to get it back

export class RoomClient {
  state: State = 'idle'
  self: Person | null = null
  rights: Rights = { publish: false, present: false, admit: false, moderate: false, end: false, ask: false, support: false }
  readonly members = new Map<string, Person>()
  /** With whom she may begin a private word now. */
  may: string[] = []
  locked = false
  mic = true
  camera = true

  private readonly listeners: { [K in keyof RoomEvents]?: Set<(e: RoomEvents[K]) => void> } = {}
  private readonly local = new Map<Source, MediaStreamTrack>()
  private readonly answers = new Map<number, { resolve: (a: { leg: string; sdp: string }) => void; reject: (e: Error) => void }>()
  private url = ''
  private ticket = ''
  private room = ''
  private resume = ''
  private socket: WebSocket | null = null
  private media: MediaConnection | null = null
  private entered: EnteredMessage | null = null
  private attempt = 0
  private lostAt = 0
  private heardAt = 0
  private ref = 0
  private farewell = ''
  private beatTimer = 0
  private retryTimer = 0

  constructor(private readonly options: RoomOptions = {}) {}

  on<K extends keyof RoomEvents>(event: K, f: (e: RoomEvents[K]) => void): () => void {
    const set = (this.listeners[event] ??= new Set() as never) as Set<(e: RoomEvents[K]) => void>
    set.add(f)
    return () => set.delete(f)
  }

  private emit<K extends keyof RoomEvents>(event: K, e: RoomEvents[K]): void {
    for (const f of (this.listeners[event] ?? []) as Set<(e: RoomEvents[K]) => void>) f(e)
  }

  /** Joins with a ticket. */
  connect(url: string, ticket: string): void {
    this.url = new URL(url, location.href).href.replace(/^http/, 'ws')
    this.ticket = ticket
    window.addEventListener('online', this.hurry)
    document.addEventListener('visibilitychange', this.hurry)
    this.beatTimer = window.setInterval(() => this.beat(), beat)
    this.become('connecting', '')
    this.open()
  }

  /** Sends these tracks from now on: the first of sound as microphone, the first picture as camera. */
  publish(stream: MediaStream | null): void {
    this.setTrack('mic', stream?.getAudioTracks()[0] ?? null)
    this.setTrack('camera', stream?.getVideoTracks()[0] ?? null)
  }

  /** Shares a screen (getDisplayMedia), or stops. */
  present(stream: MediaStream | null): void {
    this.setTrack('screen', stream?.getVideoTracks()[0] ?? null)
  }

  /** The track sent as a source, if there is one. */
  localTrack(source: Source): MediaStreamTrack | null {
    return this.local.get(source) ?? null
  }

  private setTrack(source: Source, track: MediaStreamTrack | null): void {
    if (track) this.local.set(source, track)
    else this.local.delete(source)
    if (track && source === 'mic') track.enabled = this.mic
    if (track && source === 'camera') track.enabled = this.camera
    this.media?.send(source, track)
    this.saySending()
  }

  /** Changes to another microphone or camera; the old one is let go. */
  async choose(kind: 'audio' | 'video', device: string): Promise<MediaStreamTrack> {
    const track = await openDevice(kind, device)
    const source: Source = kind === 'audio' ? 'mic' : 'camera'
    this.local.get(source)?.stop()
    this.setTrack(source, track)
    return track
  }

  setMic(on: boolean): void {
    this.mic = on
    const track = this.local.get('mic')
    if (track) track.enabled = on
    this.saySending()
  }

  setCamera(on: boolean): void {
    this.camera = on
    const track = this.local.get('camera')
    if (track) track.enabled = on
    this.saySending()
  }

  private saySending(): void {
    const sending = { mic: this.mic && this.local.has('mic'), camera: this.camera && this.local.has('camera') }
    if (this.state === 'inside') this.say({ type: 'sending', ...sending })
    this.emit('sending', sending)
  }

  admit(member: string): void {
    this.say({ type: 'admit', member })
  }
  refuse(member: string): void {
    this.say({ type: 'refuse', member })
  }
  mute(member: string): void {
    this.say({ type: 'mute', member })
  }
  remove(member: string): void {
    this.say({ type: 'remove', member })
  }
  endForAll(): void {
    this.say({ type: 'end' })
  }

  /** Lets in everybody named who waits and was never turned away. */
  admitAll(members: string[]): void {
    this.say({ type: 'admitall', members })
  }
  /** Goes into a private word with a member, whom client.may lists. */
  beginPrivate(member: string): void {
    this.say({ type: 'private', member })
  }
  endPrivate(): void {
    this.say({ type: 'return' })
  }
  needBreak(): void {
    this.say({ type: 'break', on: true })
  }
  /** Says that a member's break is over. */
  breakOver(member: string): void {
    this.say({ type: 'break', on: false, member })
  }
  notUnderstood(): void {
    this.say({ type: 'unclear' })
  }
  raiseHand(): void {
    this.say({ type: 'hand', on: true })
  }
  lowerHand(member: string): void {
    this.say({ type: 'hand', on: false, member })
  }
  setLock(on: boolean): void {
    this.say({ type: 'lock', on })
  }

  /** Leaves; rejoin() comes back without a new ticket until the meeting ends. */
  leave(): void {
    if (this.state === 'over') return
    this.say({ type: 'leave' })
    this.finish('left')
  }

  /** Comes back after leave(), or after losing the way for good. */
  rejoin(): void {
    if (this.state !== 'over') return
    window.addEventListener('online', this.hurry)
    document.addEventListener('visibilitychange', this.hurry)
    this.beatTimer = window.setInterval(() => this.beat(), beat)
    this.become('connecting', '')
    this.open()
  }

  // The socket.

  private open(): void {
    window.clearTimeout(this.retryTimer)
    const socket = new WebSocket(this.url)
    this.socket = socket
    this.heardAt = Date.now()
    socket.onopen = () => {
      const hello = this.resume !== '' ? { type: 'resume', room: this.room, token: this.resume } : { type: 'join', ticket: this.ticket }
      socket.send(JSON.stringify({ ...hello, v: 1 }))
    }
    socket.onmessage = (e) => {
      if (socket !== this.socket) return
      this.heardAt = Date.now()
      this.hear(JSON.parse(e.data as string) as ServerMessage)
    }
    socket.onclose = (e) => {
      if (socket === this.socket) void this.closed(e.code)
    }
  }

  private say(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message))
  }

  private beat(): void {
    if (this.state === 'over') return
    if (this.socket?.readyState === WebSocket.OPEN) this.say({ type: 'ping', ref: ++this.ref })
    if (this.socket && Date.now() - this.heardAt > silence) this.abandon()
  }

  // hurry is called when the network or the page comes back: it does not wait for the next beat.
  private readonly hurry = (): void => {
    if (this.state === 'over' || document.visibilityState === 'hidden') return
    this.attempt = 0
    if (this.socket && Date.now() - this.heardAt > 2 * beat) this.abandon()
    else if (!this.socket) this.open()
    if (this.media && this.media.pc.connectionState !== 'connected' && this.media.leg !== '') this.media.restart()
  }

  private abandon(): void {
    const socket = this.socket
    this.socket = null
    if (socket) {
      socket.onclose = null
      socket.close()
    }
    void this.closed(1006)
  }

  private async closed(code: number): Promise<void> {
    this.socket = null
    for (const a of this.answers.values()) a.reject(new Error('the socket closed'))
    this.answers.clear()
    if (this.state === 'over') return
    const final = finalCloses[code]
    if (final) return this.finish(final === 'ended' && this.farewell === 'time' ? 'time' : final)
    if (this.lostAt === 0) this.lostAt = Date.now()
    if (code === closeNoRoom && (this.entered === null || Date.now() - this.lostAt > noRoomFor)) return this.finish('ended')
    if (this.state === 'inside') this.become('reconnecting', '')
    if (code === closeTicket || code === closeNoRoom) {
      this.resume = ''
      if (!(await this.newTicket())) return
    }
    const pause = Math.min(5000, 250 * 2 ** this.attempt++) * (0.75 + Math.random() / 2)
    this.retryTimer = window.setTimeout(() => this.open(), pause)
  }

  private async newTicket(): Promise<boolean> {
    try {
      if (!this.options.ticketsFetch || this.attempt > 8) throw new Error('no more tickets')
      this.ticket = await this.options.ticketsFetch()
      return true
    } catch {
      this.finish('expired')
      return false
    }
  }

  private finish(reason: string): void {
    window.clearInterval(this.beatTimer)
    window.clearTimeout(this.retryTimer)
    window.removeEventListener('online', this.hurry)
    document.removeEventListener('visibilitychange', this.hurry)
    this.dropMedia()
    this.members.clear()
    this.emit('members', [])
    const socket = this.socket
    this.socket = null
    this.become('over', reason)
    socket?.close() // what was said before is still sent
  }

  private become(state: State, reason: string): void {
    if (this.state === state) return
    this.state = state
    this.emit('state', { state, reason })
  }

  // What the server says.

  private hear(m: ServerMessage): void {
    switch (m.type) {
      case 'waiting':
        this.room = m.room
        this.resume = m.resume
        this.settled()
        this.become('waiting', '')
        break
      case 'entered':
        this.enter(m)
        break
      case 'member':
        this.hearMember(m.member)
        break
      case 'gone':
        this.hearGone(m.member, m.reason)
        break
      case 'lobby':
        this.emit('lobby', { waiting: m.waiting, count: m.count })
        break
      case 'private':
        this.mayTalkTo(m.may)
        break
      case 'unclear': {
        const who = this.members.get(m.member)
        if (who) this.emit('unclear', who)
        break
      }
      case 'told':
        this.emit('told', m.members.map((id) => this.members.get(id)?.name ?? '').filter((name) => name !== ''))
        break
      case 'locked':
        this.lock(m.on)
        break
      case 'rights':
        this.rights = m.rights
        this.emit('rights', m.rights)
        break
      case 'muted':
        this.setMic(false)
        this.emit('muted', { by: m.by })
        break
      case 'ends':
        this.emit('ends', ourTimes(m))
        break
      case 'streams':
        this.media?.place(m)
        break
      case 'medialost':
        if (this.media?.leg === m.leg) this.newMedia()
        break
      case 'answer':
        this.answers.get(m.ref)?.resolve(m)
        this.answers.delete(m.ref)
        break
      case 'bye':
        this.farewell = m.reason
        break
      case 'error':
        this.hearError(m)
    }
  }

  private hearError(m: { code: string; message: string; ref?: number }): void {
    const waiting = m.ref === undefined ? undefined : this.answers.get(m.ref)
    if (waiting && m.ref !== undefined) {
      this.answers.delete(m.ref)
      waiting.reject(new Error(m.code))
    }
    this.emit('error', { code: m.code, message: m.message })
  }

  private settled(): void {
    this.attempt = 0
    this.lostAt = 0
  }

  private enter(m: EnteredMessage): void {
    this.settled()
    this.entered = m
    this.room = m.room
    this.resume = m.resume
    this.self = m.self
    this.rights = m.rights
    this.members.clear()
    for (const p of m.members) this.members.set(p.id, p)
    this.become('inside', '')
    this.emit('entered', { self: m.self, rights: m.rights, language: m.language })
    this.emit('members', [...this.members.values()])
    this.emit('ends', ourTimes(m))
    this.mayTalkTo([])
    this.lock(m.locked)
    this.saySending()
    if (!this.media || this.media.leg === '' || this.media.leg !== m.leg) this.newMedia()
    else if (this.media.pc.connectionState !== 'connected') this.media.restart()
  }

  private mayTalkTo(may: string[]): void {
    this.may = may
    this.emit('private', may)
  }

  private lock(on: boolean): void {
    this.locked = on
    this.emit('locked', on)
  }

  private hearMember(p: Person): void {
    if (p.id === this.self?.id) {
      this.self = p
      this.emit('members', [...this.members.values()])
      return
    }
    const before = this.members.get(p.id)
    this.members.set(p.id, p)
    if (!before) this.emit('joined', p)
    this.emit('members', [...this.members.values()])
  }

  private hearGone(id: string, reason: string): void {
    const person = this.members.get(id)
    if (!person) return
    this.members.delete(id)
    this.emit('left', { person, reason })
    this.emit('members', [...this.members.values()])
  }

  // Media.

  private newMedia(): void {
    this.dropMedia()
    if (!this.entered || this.state === 'over') return
    this.media = new MediaConnection(
      {
        offer: (leg, sdp, sources) => this.offer(leg, sdp, sources),
        candidate: (leg, c) => this.say({ type: 'candidate', leg, candidate: c ? c.toJSON() : { candidate: '' } }),
        tracks: (all) => this.emit('tracks', all),
        link: (link) => this.emit('link', link),
        dead: (connection) => this.mediaDead(connection),
      },
      this.entered.iceServers,
      this.local,
      this.entered.lines,
      this.options.policy ?? 'all',
    )
  }

  private mediaDead(connection: MediaConnection): void {
    if (connection !== this.media) return
    this.emit('link', 'broken')
    this.dropMedia()
    // Without a socket the next "entered" begins a new connection.
    window.setTimeout(() => {
      if (!this.media && this.state === 'inside') this.newMedia()
    }, 1000)
  }

  private dropMedia(): void {
    if (!this.media) return
    this.media.close()
    this.media = null
    this.emit('tracks', [])
  }

  private offer(leg: string, sdp: string, sources: Record<string, Source>): Promise<{ leg: string; sdp: string }> {
    return new Promise((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) {
        reject(new Error('no socket'))
        return
      }
      const ref = ++this.ref
      this.answers.set(ref, { resolve, reject })
      window.setTimeout(() => {
        if (this.answers.delete(ref)) reject(new Error('no answer'))
      }, 10000)
      this.say({ type: 'offer', ref, leg, sdp, sources })
    })
  }

  /** The connection's statistics, for a page or a test that shows quality; null before there is a connection. */
  async stats(): Promise<RTCStatsReport | null> {
    return this.media ? await this.media.pc.getStats() : null
  }
}
