/** The page's language, from its lang attribute. */
export function pageLanguage(): 'en' | 'cy' {
  return isWelsh() ? 'cy' : 'en'
}

export function isWelsh(): boolean {
  return document.documentElement.lang === 'cy'
}

/**
 * Words for scripts. A template puts them in data-words-NAME attributes of the element the island lives in, so that every
 * word is in the locale files. A missing one is a fault in the template and says so.
 */
export function words(root: HTMLElement, name: string): string {
  const key = 'words' + name.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())
  const text = root.dataset[key]
  if (text === undefined) throw new Error(`the template gives no data-words-${name}`)
  return text
}
