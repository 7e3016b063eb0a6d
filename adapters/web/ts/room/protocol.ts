// The messages of rooms/signalling/SIGNALLING.md, as the server sends them.

export type Source = 'mic' | 'camera' | 'screen'

export interface Person {
  id: string
  name: string
  role: 'host' | 'guest' | 'mother' | 'supporter' | 'observer'
  mic: boolean
  camera: boolean
  present: boolean // false while her connection is lost
  private: boolean // she talks in private with one other
  break: boolean // she needs a break
  hand: number // her hand is up: the lower the number, the longer; 0 = it is down
}

export interface Rights {
  publish: boolean
  present: boolean
  admit: boolean
  moderate: boolean
  end: boolean
  ask: boolean // for a break or a private word; hers alone
  support: boolean // stands by her
}

export interface Knocking {
  id: string
  name: string
  role: Person['role']
  since: string
  again: boolean // turned away or put out before
}

export interface StreamsMessage {
  type: 'streams'
  leg: string
  version: number
  streams: { mid: string; member: string; kind: 'audio' | 'video'; source: Source }[]
  need: { audio: number; video: number }
}

export interface EnteredMessage {
  type: 'entered'
  room: string
  self: Person
  rights: Rights
  members: Person[]
  language: string
  ends: string
  until?: string // when the meeting is to end; the room closes at ends
  now: string
  locked: boolean
  resume: string
  leg: string
  lines: number
  iceServers: RTCIceServer[]
}

export type ServerMessage =
  | { type: 'waiting'; language: string; ends: string; room: string; resume: string }
  | EnteredMessage
  | StreamsMessage
  | { type: 'member'; member: Person }
  | { type: 'gone'; member: string; reason: string }
  | { type: 'lobby'; waiting: Knocking[]; count: number }
  | { type: 'rights'; rights: Rights }
  | { type: 'muted'; by: string }
  | { type: 'ends'; ends: string; until?: string; now: string }
  | { type: 'private'; may: string[] }
  | { type: 'unclear'; member: string }
  | { type: 'told'; members: string[] }
  | { type: 'locked'; on: boolean }
  | { type: 'answer'; ref: number; leg: string; sdp: string }
  | { type: 'medialost'; leg: string }
  | { type: 'pong'; ref: number }
  | { type: 'error'; code: string; message: string; ref?: number }
  | { type: 'bye'; reason: string }

// Close codes after which coming back by oneself is wrong.
export const finalCloses: Readonly<Record<number, string>> = {
  4000: 'left',
  4001: 'ended',
  4002: 'refused',
  4003: 'removed',
  4004: 'replaced',
  4400: 'version',
  4403: 'not_expected',
  4425: 'too_early',
}

export const closeTicket = 4401
export const closeNoRoom = 4404
