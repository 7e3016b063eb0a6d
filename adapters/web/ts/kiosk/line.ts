// The kiosk's end of the socket: adapters/kiosk/PROTOCOL.md. It comes back by itself, with the cursor, and sends again what was not answered.

export interface Message {
  id: string
  thread: string
  mine: boolean
  from: string
  body: string
  at: string
  when: string
  new: boolean
  status: string
  speech: string
  files: File[]
}

/** A file of a message: a picture with its page, or why it is not shown. */
export interface File {
  name: string
  why: string
  picture: string
  open: string
  look: string
}

export interface Item {
  type: 'item'
  seq: number
  kind: 'message' | 'delivery' | 'meeting' | 'thread'
  thread?: string
  message?: Message
  meeting?: string
}

export interface Answer {
  type: 'sent' | 'ok' | 'error'
  re?: string
  message?: string
  state?: string
  status?: string
  code?: string
  text?: string
}

type Frame =
  | Item
  | Answer
  | { type: 'welcome'; cursor: number }
  | { type: 'warn'; seconds: number }
  | { type: 'locked'; why: string }
  | { type: 'awake' | 'beat' }

export interface LineEvents {
  item(item: Item): void
  warn(seconds: number): void
  awake(): void
  locked(): void
  online(on: boolean): void
}

interface Pending {
  frame: Record<string, unknown>
  resolve: (answer: Answer) => void
}

const silence = 40_000
const again = new Set(['unavailable', 'internal', 'too_many'])

export class Line {
  private socket: WebSocket | null = null
  private readonly pending = new Map<string, Pending>()
  private failures = 0
  private welcomed = false
  private over = false
  private watchdog = 0
  private retry = 0

  constructor(
    private cursor: number,
    private readonly events: LineEvents,
  ) {
    this.connect()
  }

  /** Sends a frame that is answered; it is sent again after every break until it is. */
  ask(frame: Record<string, unknown>, id = newID()): Promise<Answer> {
    return new Promise((resolve) => {
      const whole = { ...frame, id }
      this.pending.set(id, { frame: whole, resolve })
      if (this.welcomed) this.say(whole)
    })
  }

  /** Sends a frame that needs no answer; without a line it is dropped. */
  tell(frame: Record<string, unknown>): void {
    if (this.welcomed) this.say(frame)
  }

  /** Ends the line for good. */
  close(): void {
    this.over = true
    clearTimeout(this.retry)
    clearTimeout(this.watchdog)
    this.pending.clear()
    this.socket?.close(1000)
  }

  private connect(): void {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/kiosk/ws`)
    this.socket = socket
    socket.onopen = () => this.say({ type: 'hello', v: 1, cursor: this.cursor })
    socket.onmessage = (event) => {
      if (socket !== this.socket || this.over) return
      this.alive()
      this.handle(JSON.parse(String(event.data)) as Frame)
    }
    socket.onclose = (event) => {
      if (socket === this.socket) this.lost(event.code)
    }
    this.alive()
  }

  private alive(): void {
    clearTimeout(this.watchdog)
    this.watchdog = window.setTimeout(() => {
      this.socket?.close()
      this.lost(1006)
    }, silence)
  }

  private say(frame: Record<string, unknown>): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame))
  }

  private handle(frame: Frame): void {
    switch (frame.type) {
      case 'welcome':
        this.cursor = frame.cursor
        this.welcomed = true
        this.failures = 0
        this.events.online(true)
        for (const { frame } of this.pending.values()) this.say(frame)
        return
      case 'item':
        if (frame.seq <= this.cursor) return
        this.cursor = frame.seq
        this.events.item(frame)
        return
      case 'sent':
      case 'ok':
      case 'error':
        this.answered(frame)
        return
      case 'warn':
        this.events.warn(frame.seconds)
        return
      case 'awake':
        this.events.awake()
        return
      case 'locked':
        this.close()
        this.events.locked()
    }
  }

  private answered(answer: Answer): void {
    const id = answer.re ?? ''
    const waiting = this.pending.get(id)
    if (!waiting) return
    if (answer.type === 'error' && again.has(answer.code ?? '')) {
      window.setTimeout(() => this.pending.has(id) && this.welcomed && this.say(waiting.frame), 3000)
      return
    }
    this.pending.delete(id)
    waiting.resolve(answer)
  }

  private lost(code: number): void {
    if (this.over) return
    this.socket = null
    this.welcomed = false
    clearTimeout(this.watchdog)
    if (code === 4001) {
      this.close()
      this.events.locked()
      return
    }
    if (code === 4000 || code === 4005) {
      location.reload()
      return
    }
    this.failures++
    // A closed tab's socket breaks too, so a first failure is not shown.
    if (this.failures > 1) this.events.online(false)
    if (this.failures === 2) void this.whereAmI()
    const wait = code === 4003 ? 5000 : Math.min(10_000, 500 * 2 ** (this.failures - 1))
    clearTimeout(this.retry)
    this.retry = window.setTimeout(() => this.connect(), wait * (1 - Math.random() / 2))
  }

  /** A script cannot see why an upgrade was refused; the start page says where the kiosk stands. */
  private async whereAmI(): Promise<void> {
    try {
      const answer = await fetch('/kiosk/', { redirect: 'follow', cache: 'no-store' })
      if (answer.ok && !new URL(answer.url).pathname.startsWith('/kiosk/home') && !this.over) {
        this.close()
        this.events.locked()
      }
    } catch {
      // Not connected: the line tries again.
    }
  }
}

/** An identifier for a frame, or for one act of writing. */
export function newID(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}
