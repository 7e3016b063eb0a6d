// The kiosk's and the guest's content security policy demands Trusted Types and allows one policy, made here: it lets the
// address of a script of ours be used for a worker, and nothing be used as HTML.

interface ScriptURLPolicy {
  createScriptURL(url: string): unknown
}

interface TrustedTypesFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): ScriptURLPolicy
}

function checked(url: string): string {
  const target = new URL(url, location.href)
  if (target.origin !== location.origin) throw new TypeError(`a worker must come from this site`)
  return target.href
}

const factory = (globalThis as { trustedTypes?: TrustedTypesFactory }).trustedTypes
const policy = factory?.createPolicy('kinbridge', { createScriptURL: checked })

/** Returns a worker's address in the form that new Worker and serviceWorker.register accept under our policy. */
export function workerURL(url: string): string {
  // TypeScript's DOM types want a string; browsers with Trusted Types want the object the policy makes.
  return (policy ? policy.createScriptURL(url) : checked(url)) as string
}
