// Tests the way to the server before the meeting: that it answers, how fast, and that a WebSocket passes.

export type Network = 'good' | 'slow' | 'blocked' | 'lost'

const mostDelay = 300 // ms there and back
const leastRate = 800_000 // bits a second: sound and one small picture each way
const patience = 8000 // ms for each part

/** Tests the connection; ws is the address of the signalling socket. */
export async function testNetwork(ws: string): Promise<Network> {
  let delay: number
  let rate: number
  try {
    delay = await roundTrip()
    rate = await download()
  } catch {
    return 'lost'
  }
  if (!(await socketOpens(ws))) return 'blocked'
  return delay <= mostDelay && rate >= leastRate ? 'good' : 'slow'
}

async function get(address: string): Promise<Response> {
  const answer = await fetch(address, { cache: 'no-store', credentials: 'same-origin', signal: AbortSignal.timeout(patience) })
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`)
  return answer
}

// roundTrip is the best of four: the first also opens the connection.
async function roundTrip(): Promise<number> {
  let best = Infinity
  for (let i = 0; i < 4; i++) {
    const start = performance.now()
    await get('/guest/meeting/ping')
    best = Math.min(best, performance.now() - start)
  }
  return best
}

async function download(): Promise<number> {
  const start = performance.now()
  const body = await (await get('/guest/meeting/speed')).arrayBuffer()
  return (body.byteLength * 8 * 1000) / Math.max(1, performance.now() - start)
}

function socketOpens(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(new URL(address, location.href).href.replace(/^http/, 'ws'))
    const done = (opened: boolean) => {
      window.clearTimeout(timer)
      resolve(opened)
      socket.close()
    }
    const timer = window.setTimeout(() => done(false), patience)
    socket.onopen = () => done(true)
    socket.onerror = () => done(false)
  })
}
