// Meetings on a page: that one is at her kiosk, and that it has been in sight, is reported once each.
import type { Line } from './line'

export function startMeetings(line: Line): void {
  const cards = document.querySelectorAll<HTMLElement>('[data-meeting]')
  if (cards.length === 0) return
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting || document.visibilityState !== 'visible') continue
        watcher.unobserve(entry.target)
        tell(entry.target as HTMLElement, 'seen')
      }
    },
    { threshold: 0.25 },
  )
  const tell = (card: HTMLElement, what: 'shown' | 'seen'): void => {
    void line.ask({ type: 'receipt', meeting: card.dataset['meeting'] ?? '', what })
  }
  for (const card of cards) {
    tell(card, 'shown')
    watcher.observe(card)
  }
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible')
      for (const card of cards) {
        watcher.unobserve(card)
        watcher.observe(card)
      }
  })
}
