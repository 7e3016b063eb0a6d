// One media connection with the server: the browser offers, the server answers (SIGNALLING.md, "Media").
import type { Source, StreamsMessage } from './protocol'

export interface RemoteTrack {
  mid: string
  member: string
  kind: 'audio' | 'video'
  source: Source
  track: MediaStreamTrack
}

export interface MediaOwner {
  /** Sends an offer and gives the answer, or throws. */
  offer(leg: string, sdp: string, sources: Record<string, Source>): Promise<{ leg: string; sdp: string }>
  candidate(leg: string, candidate: RTCIceCandidate | null): void
  tracks(all: RemoteTrack[]): void
  link(state: 'connecting' | 'good' | 'broken'): void
  /** The connection will not come back: a new one is wanted. */
  dead(connection: MediaConnection): void
}

const patience = { disconnected: 2000, restart: 8000 } // ms

export class MediaConnection {
  /** The server's name of the connection; empty before the first answer. */
  leg = ''
  readonly pc: RTCPeerConnection
  private readonly senders = new Map<Source, RTCRtpTransceiver>()
  private streams: StreamsMessage | null = null
  private early: (RTCIceCandidate | null)[] = []
  private running: Promise<void> | null = null
  private wanted: { restart: boolean } | null = null
  private timer = 0
  private closed = false
  private lines = 0

  constructor(
    private readonly owner: MediaOwner,
    servers: RTCIceServer[],
    local: Map<Source, MediaStreamTrack>,
    lines: number,
    policy: RTCIceTransportPolicy,
  ) {
    this.pc = new RTCPeerConnection({ iceServers: servers, bundlePolicy: 'max-bundle', iceTransportPolicy: policy })
    this.pc.onicecandidate = (e) => {
      if (this.leg === '') this.early.push(e.candidate)
      else owner.candidate(this.leg, e.candidate)
    }
    this.pc.onconnectionstatechange = () => this.watch()
    this.send('mic', local.get('mic') ?? null)
    this.send('camera', local.get('camera') ?? null)
    const screen = local.get('screen')
    if (screen) this.send('screen', screen)
    this.addLines(lines, lines)
    this.negotiate()
  }

  /** Sends a track as a source, or nothing; a new source needs a negotiation, a change of track does not. */
  send(source: Source, track: MediaStreamTrack | null): void {
    const known = this.senders.get(source)
    if (known) {
      void known.sender.replaceTrack(track).catch(() => this.owner.dead(this))
      return
    }
    if (!track && source === 'screen') return
    const kind = source === 'mic' ? 'audio' : 'video'
    const transceiver = this.pc.addTransceiver(track ?? kind, { direction: 'sendonly' })
    prefer(transceiver, kind)
    this.senders.set(source, transceiver)
    if (this.leg !== '') this.negotiate()
  }

  private addLines(audio: number, video: number): void {
    for (const [kind, n] of [['audio', audio], ['video', video]] as const) {
      for (let i = 0; i < n && this.lines < 60; i++) {
        prefer(this.pc.addTransceiver(kind, { direction: 'recvonly' }), kind)
        this.lines++
      }
    }
  }

  /** Offers, now or after the negotiation under way. */
  negotiate(restart = false): void {
    if (this.closed) return
    this.wanted = { restart: restart || (this.wanted?.restart ?? false) }
    this.running ??= this.run().finally(() => {
      this.running = null
    })
  }

  private async run(): Promise<void> {
    while (this.wanted && !this.closed) {
      const { restart } = this.wanted
      this.wanted = null
      try {
        await this.pc.setLocalDescription(await this.pc.createOffer({ iceRestart: restart }))
        const sources: Record<string, Source> = {}
        for (const [source, t] of this.senders) if (t.mid !== null) sources[t.mid] = source
        const answer = await this.owner.offer(this.leg, this.pc.localDescription?.sdp ?? '', sources)
        if (this.closed) return
        if (this.leg !== '' && answer.leg !== this.leg) throw new Error('the server began a new connection')
        await this.pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
        this.leg = answer.leg
      } catch {
        if (!this.closed) this.owner.dead(this)
        return
      }
      for (const c of this.early.splice(0)) this.owner.candidate(this.leg, c)
      this.show()
    }
  }

  /** Takes the server's word on which line carries what. */
  place(m: StreamsMessage): void {
    if (this.streams && this.streams.leg === m.leg && m.version < this.streams.version) return
    this.streams = m
    this.show()
  }

  private show(): void {
    const m = this.streams
    if (!m || m.leg !== this.leg) return
    const byMid = new Map(this.pc.getTransceivers().map((t) => [t.mid, t]))
    const all: RemoteTrack[] = []
    for (const s of m.streams) {
      const t = byMid.get(s.mid)
      if (t) all.push({ ...s, track: t.receiver.track })
    }
    this.owner.tracks(all)
    if ((m.need.audio > 0 || m.need.video > 0) && !this.running && this.lines < 60) {
      this.addLines(m.need.audio, m.need.video)
      this.negotiate()
    }
  }

  private watch(): void {
    window.clearTimeout(this.timer)
    switch (this.pc.connectionState) {
      case 'connected':
        this.owner.link('good')
        break
      case 'disconnected':
        this.timer = window.setTimeout(() => this.restart(), patience.disconnected)
        break
      case 'failed':
        this.restart()
        break
      case 'connecting':
      case 'new':
        this.owner.link('connecting')
    }
  }

  /** Looks for a way to the server anew (RFC 8445, section 2.4); when that does not help, gives up. */
  restart(): void {
    if (this.closed) return
    this.owner.link('broken')
    this.negotiate(true)
    window.clearTimeout(this.timer)
    this.timer = window.setTimeout(() => {
      if (this.pc.connectionState !== 'connected') this.owner.dead(this)
    }, patience.restart)
  }

  close(): void {
    this.closed = true
    window.clearTimeout(this.timer)
    this.pc.onicecandidate = null
    this.pc.onconnectionstatechange = null
    this.pc.close()
  }
}

// prefer leaves only the codec that the server forwards in the offer, which keeps offers with many lines small.
function prefer(t: RTCRtpTransceiver, kind: 'audio' | 'video'): void {
  const mime = kind === 'audio' ? 'audio/opus' : 'video/VP8'
  const codecs = RTCRtpReceiver.getCapabilities(kind)?.codecs.filter((c) => c.mimeType.toLowerCase() === mime.toLowerCase())
  if (codecs && codecs.length > 0) t.setCodecPreferences(codecs)
}
