// What a RoomClient tells its page.
import type { RemoteTrack } from './media'
import type { Knocking, Person, Rights } from './protocol'

/**
 * connecting: not in yet · waiting: in the lobby · inside: in the room · reconnecting: was in, and is coming back ·
 * over: it has ended for this client, for the reason given.
 */
export type State = 'idle' | 'connecting' | 'waiting' | 'inside' | 'reconnecting' | 'over'

/** When the meeting is to end, and when the room closes by itself, by this computer's clock. */
export interface Ends {
  closes: Date
  until: Date | null
}

export interface RoomEvents {
  state: { state: State; reason: string }
  entered: { self: Person; rights: Rights; language: string }
  members: Person[] // everybody else in the room, after every change
  joined: Person
  left: { person: Person; reason: string }
  lobby: { waiting: Knocking[]; count: number } // who waits, for members who may admit; of a locked room the number alone
  private: string[] // with whom she may begin a private word now
  unclear: Person // says quietly that she does not understand
  told: string[] // the names of those who know that she does not understand
  locked: boolean
  rights: Rights
  muted: { by: string }
  sending: { mic: boolean; camera: boolean }
  tracks: RemoteTrack[] // everything received, after every change
  ends: Ends
  link: 'connecting' | 'good' | 'broken'
  error: { code: string; message: string }
}

/** The times of a message of the server, by this computer's clock. */
export function ourTimes(m: { ends: string; until?: string; now: string }): Ends {
  return { closes: ourTime(m.ends, m.now), until: m.until === undefined ? null : ourTime(m.until, m.now) }
}

// ourTime turns a time of the server into one of this computer, whose clock may be wrong.
function ourTime(then: string, now: string): Date {
  return new Date(Date.now() + (Date.parse(then) - Date.parse(now)))
}
