// What a page really receives in a meeting: counted by the browser's own statistics, not by what the page says.

/**
 * Keeps a list of the page's peer connections, before any script of the page runs. Call it on a page before it opens a room.
 */
export async function watchMedia(page) {
  await page.addInitScript(() => {
    const list = []
    const Native = window.RTCPeerConnection
    window.RTCPeerConnection = class extends Native {
      constructor(...args) {
        super(...args)
        list.push(this)
      }
    }
    Object.defineProperty(window, '__kinbridgePeers', { value: list })
  })
}

/**
 * What the page has received until now: audio { packets, energy } and video { packets, frames }, added up over all streams of all
 * connections that are not closed, and the number of connections in each state. Energy above zero is sound that is not silence.
 */
export function received(page) {
  return page.evaluate(async () => {
    const sum = { audio: { packets: 0, energy: 0, streams: 0 }, video: { packets: 0, frames: 0, streams: 0 }, states: {} }
    for (const peer of window.__kinbridgePeers ?? []) {
      sum.states[peer.connectionState] = (sum.states[peer.connectionState] ?? 0) + 1
      if (peer.connectionState === 'closed') continue
      for (const s of (await peer.getStats()).values()) {
        if (s.type !== 'inbound-rtp' || !sum[s.kind]) continue
        const of = sum[s.kind]
        of.packets += s.packetsReceived
        if (s.packetsReceived > 0) of.streams++
        if (s.kind === 'audio') of.energy += s.totalAudioEnergy ?? 0
        else of.frames += s.framesDecoded ?? 0
      }
    }
    return sum
  })
}

/**
 * What comes to a page within wait milliseconds: on how many streams sound and pictures came, and how many packets in all.
 */
export function flowing(page, wait) {
  return page.evaluate(async (wait) => {
    const count = async () => {
      const streams = new Map()
      for (const [i, peer] of (window.__kinbridgePeers ?? []).entries()) {
        if (peer.connectionState === 'closed') continue
        for (const s of (await peer.getStats()).values()) if (s.type === 'inbound-rtp') streams.set(`${i} ${s.id}`, { kind: s.kind, packets: s.packetsReceived })
      }
      return streams
    }
    const before = await count()
    await new Promise((resolve) => setTimeout(resolve, wait))
    const got = { audio: 0, video: 0, packets: 0 }
    for (const [id, s] of await count()) {
      const came = s.packets - (before.get(id)?.packets ?? 0)
      got.packets += came
      if (came > 0) got[s.kind]++
    }
    return got
  }, wait)
}

/**
 * Whether the picture of a video element moves: it draws the element twice, wait milliseconds apart, and compares. A frozen or
 * black picture does not move.
 */
export function moves(page, selector, wait = 700) {
  return page.evaluate(
    async ([selector, wait]) => {
      const video = document.querySelector(selector)
      if (!video || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return false
      const canvas = document.createElement('canvas')
      canvas.width = 160
      canvas.height = 120
      const c = canvas.getContext('2d', { willReadFrequently: true })
      const grab = () => {
        c.drawImage(video, 0, 0, canvas.width, canvas.height)
        return c.getImageData(0, 0, canvas.width, canvas.height).data
      }
      const before = grab()
      await new Promise((resolve) => setTimeout(resolve, wait))
      const now = grab()
      let changed = 0
      for (let i = 0; i < now.length; i += 4) if (Math.abs(now[i] - before[i]) + Math.abs(now[i + 1] - before[i + 1]) + Math.abs(now[i + 2] - before[i + 2]) > 60) changed++
      return changed > 20
    },
    [selector, wait],
  )
}
