// Locking: the screen is emptied before anything else, and no page of hers comes back from the browser's memory.

// Set from the moment a lock is wanted until the locked screen is shown: when the line is down in between, whatever page comes next
// goes to the locked screen, which ends her session. It says nothing about anybody.
const flag = 'kiosk-lock-owed'

/** Wipes the page and goes to the locked screen, which ends the session if it has not ended. */
export function wipe(): void {
  oweLock()
  document.body.replaceChildren()
  document.title = ''
  location.replace('/kiosk/locked')
}

export function oweLock(): void {
  sessionStorage.setItem(flag, '1')
}

export function lockOwed(): boolean {
  return sessionStorage.getItem(flag) !== null
}

export function lockPaid(): void {
  sessionStorage.removeItem(flag)
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
