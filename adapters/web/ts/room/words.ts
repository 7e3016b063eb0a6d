// Words into elements: nothing is parsed as HTML, and nothing is written that is there already, so that no screen reader says it twice.
export function put(element: Element | null, words: string): void {
  if (element && element.textContent !== words) element.textContent = words
}

export function label(button: HTMLElement, words: string): void {
  put(button.querySelector('[data-label]') ?? button, words)
}
