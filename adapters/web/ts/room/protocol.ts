// The messages of rooms/signalling/SIGNALLING.md, as the server sends them.

export type Source = 'mic' | 'camera' | 'screen'

export interface Person {
  id: string
  name: string
  role: 'host' | 'guest' | 'mother' | 'supporter' | 'observer'
  mic: boolean
  camera: boolean
  present: boolean // false while her connection is lost
}

export interface Rights {
  publish: boolean
  present: boolean
  admit: boolean
  moderate: boolean
  end: boolean
}

export interface Knocking {
  id: string
  name: string
  role: Person['role']
  since: string
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
  now: string
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
  | { type: 'lobby'; waiting: Knocking[] }
  | { type: 'rights'; rights: Rights }
  | { type: 'muted'; by: string }
  | { type: 'ends'; ends: string; now: string }
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
