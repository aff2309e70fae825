/** The steps of one exchange as they happen, for the flight recorder. Names, hashes and numbers: never a secret. */
import type { Json } from './audit'

export interface Step {
  /** Milliseconds since the request came in. */
  at: number
  /** Stable name such as "message.opened". */
  step: string
  facts: { [key: string]: Json }
}

export interface Trace {
  note(step: string, facts?: { [key: string]: Json }): void
  readonly steps: readonly Step[]
}

/** GetCert or GetCRL that got what it asked for: it has no transaction before it is recorded. */
export interface AnsweredQuestion {
  transactionId: Uint8Array
  /** RFC 8894 §3.2.1.2: 21 or 22. */
  messageType: number
  signerSpkiSha256: Uint8Array
  /** Of the certificate that was asked for. */
  subject: string | null
  certificateId: string | null
}

/** What the exchange itself knows beside its steps. */
export interface ExchangeTrace extends Trace {
  /** The enrolment transaction that this exchange is about; without one, or a question, nothing is kept. */
  belongsTo(rowId: string): void
  answers(question: AnsweredQuestion): void
  /** A value that no step may show, whoever repeats it. */
  hide(value: string): void
  readonly rowId: string | null
  readonly question: AnsweredQuestion | null
  readonly hidden: readonly string[]
}

const MOST_STEPS = 64

export function createTrace(startedAt: Date, clock: () => Date): ExchangeTrace {
  const steps: Step[] = []
  const hidden: string[] = []
  let row: string | null = null
  let answered: AnsweredQuestion | null = null
  return {
    steps,
    hidden,
    get rowId() {
      return row
    },
    get question() {
      return answered
    },
    note(step, facts = {}) {
      if (steps.length < MOST_STEPS) steps.push({ at: clock().getTime() - startedAt.getTime(), step, facts })
    },
    belongsTo(rowId) {
      row = rowId
    },
    answers(question) {
      answered = question
    },
    hide(value) {
      hidden.push(value)
    },
  }
}
