import { startGOVUK } from './lib/govuk'

startGOVUK()
