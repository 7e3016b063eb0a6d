// Locking: the screen is emptied before anything else, and no page of hers comes back from the browser's memory.

/** Wipes the page and goes to the locked screen. The server has ended, or ends, the session by itself. */
export function wipe(): void {
  document.body.replaceChildren()
  document.title = ''
  location.replace('/kiosk/locked')
}

/** A page kept by the browser for its back button is never shown again: it is loaded anew, or is not hers any more. */
export function neverFromMemory(): void {
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) {
      document.body.replaceChildren()
      location.reload()
    }
  })
  window.addEventListener('pagehide', (event) => {
    if (event.persisted) document.body.replaceChildren()
  })
}
