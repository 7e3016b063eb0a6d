import './lib/start'
import { startGOVUK } from './lib/govuk'

startGOVUK()

// The device check loads after the page, and the meeting after the check: the lobby must open fast on a slow line.
const check = document.querySelector<HTMLElement>('[data-guest-check]')
if (check) {
  void import('./guest/check').then(({ startCheck }) => startCheck(check))
}
