// Marks the page as one whose script runs, which GOV.UK's styles and components ask for. govuk-frontend does this with an
// inline script; our content security policy allows none.
document.body.classList.add('js-enabled', 'govuk-frontend-supported')

export {}
