import './start'
import {
  Button,
  CharacterCount,
  Checkboxes,
  createAll,
  ErrorSummary,
  NotificationBanner,
  Radios,
  ServiceNavigation,
  SkipLink,
} from 'govuk-frontend'
import { isWelsh } from './lang'

// The character count's words in Welsh; English is what the component says by itself.
const countInWelsh = {
  i18n: {
    charactersUnderLimit: { zero: 'Mae gennych %{count} nod ar ôl', one: 'Mae gennych %{count} nod ar ôl', two: 'Mae gennych %{count} nod ar ôl', few: 'Mae gennych %{count} nod ar ôl', many: 'Mae gennych %{count} nod ar ôl', other: 'Mae gennych %{count} nod ar ôl' },
    charactersAtLimit: 'Nid oes gennych yr un nod ar ôl',
    charactersOverLimit: { zero: 'Mae gennych %{count} nod yn ormod', one: 'Mae gennych %{count} nod yn ormod', two: 'Mae gennych %{count} nod yn ormod', few: 'Mae gennych %{count} nod yn ormod', many: 'Mae gennych %{count} nod yn ormod', other: 'Mae gennych %{count} nod yn ormod' },
  },
}

/** Starts GOV.UK's components under scope. Call it again on a part of the page that a script has replaced. */
export function startGOVUK(scope: Element | Document = document): void {
  for (const component of [Button, Checkboxes, ErrorSummary, NotificationBanner, Radios, ServiceNavigation, SkipLink]) {
    createAll(component, undefined, scope)
  }
  createAll(CharacterCount, isWelsh() ? countInWelsh : undefined, scope)
}
