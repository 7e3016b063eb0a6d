import { ButtonMenu, DatePicker, MultiSelect } from '@ministryofjustice/frontend'
import { createAll } from 'govuk-frontend'
import { startGOVUK } from './lib/govuk'

startGOVUK()
for (const component of [ButtonMenu, DatePicker, MultiSelect]) {
  createAll(component)
}
