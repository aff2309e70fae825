/** Facts that the flight recorder kept of an enrolment, as a simulation asks for them. */
import type { Json } from './audit'
import type { TransactionRecord } from './transactions'

/** The newest that a step of this name says. */
export function lastFact(record: Pick<TransactionRecord, 'records'>, step: string, name: string): Json | undefined {
  return record.records.flatMap(({ steps }) => steps).findLast((each) => each.step === step)?.facts[name]
}

export function textFact(record: Pick<TransactionRecord, 'records'>, step: string, name: string): string {
  const fact = lastFact(record, step, name)
  return typeof fact === 'string' ? fact : ''
}
