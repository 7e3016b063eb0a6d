// govuk-frontend and MoJ Frontend come without types; these are the parts we use.

declare module 'govuk-frontend' {
  export interface ComponentClass {
    new (root: Element, config?: Record<string, unknown>): unknown
    readonly moduleName: string
  }
  export const Button: ComponentClass
  export const CharacterCount: ComponentClass
  export const Checkboxes: ComponentClass
  export const ErrorSummary: ComponentClass
  export const FileUpload: ComponentClass
  export const NotificationBanner: ComponentClass
  export const PasswordInput: ComponentClass
  export const Radios: ComponentClass
  export const ServiceNavigation: ComponentClass
  export const SkipLink: ComponentClass
  export const Tabs: ComponentClass
  export function createAll(component: ComponentClass, config?: Record<string, unknown>, scope?: Element | Document): unknown[]
}

declare module '@ministryofjustice/frontend' {
  import type { ComponentClass } from 'govuk-frontend'
  export const ButtonMenu: ComponentClass
  export const DatePicker: ComponentClass
  export const MultiSelect: ComponentClass
  export const Alert: ComponentClass
  export function initAll(scope?: Element | Document): void
}
