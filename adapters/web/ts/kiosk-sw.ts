// The kiosk's service worker: when the server cannot be reached it shows a page that says so. It keeps that page and what it is made of,
// and never a page of anybody's.

// TypeScript's service worker types clash with the DOM's, which every other script needs; these are the parts used here.
interface Extendable extends Event {
  waitUntil(p: Promise<unknown>): void
}
interface FetchLike extends Extendable {
  request: Request
  respondWith(p: Promise<Response>): void
}

const shelf = 'kiosk-offline-1'
const page = '/kiosk/offline'

async function fill(): Promise<void> {
  const cache = await caches.open(shelf)
  const answer = await fetch(page, { cache: 'no-store' })
  if (!answer.ok) return
  const html = await answer.clone().text()
  const parts = Array.from(html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g), (m) => m[1] ?? '')
  await cache.addAll(parts)
  await cache.put(page, answer)
}

async function navigate(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch {
    return (await caches.match(page)) ?? Response.error()
  }
}

async function asset(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch {
    return (await caches.match(request)) ?? Response.error()
  }
}

addEventListener('install', (event) => (event as Extendable).waitUntil(fill()))
addEventListener('fetch', (event) => {
  const { request } = event as FetchLike
  if (request.mode === 'navigate') (event as FetchLike).respondWith(navigate(request))
  else if (request.method === 'GET' && new URL(request.url).pathname.startsWith('/assets/')) (event as FetchLike).respondWith(asset(request))
})
