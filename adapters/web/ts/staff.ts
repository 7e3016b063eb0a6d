import './lib/start'
import { ButtonMenu, DatePicker, MultiSelect } from '@ministryofjustice/frontend'
import { createAll } from 'govuk-frontend'
import { startGOVUK } from './lib/govuk'
import { keepDraft } from './staff/draft'
import { follow } from './staff/live'

startGOVUK()
for (const component of [ButtonMenu, DatePicker, MultiSelect]) {
  createAll(component)
}

const followed = document.querySelector<HTMLElement>('[data-follow]')
if (followed) follow(followed)

const draft = document.querySelector<HTMLFormElement>('form[data-draft]')
if (draft) keepDraft(draft)

// The meeting's code is large and loads only where there is one.
const stage = document.querySelector<HTMLElement>('[data-staff-stage] [data-room]')
if (stage) void import('./room/stage').then(({ startStage }) => startStage(stage))
