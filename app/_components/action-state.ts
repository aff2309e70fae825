/** What a server action answers, as forms read it. Plain data: it crosses the wire. */

export type ActionState<Result = null> = { status: 'idle' } | { status: 'done'; result: Result } | Refused

export interface Refused {
  status: 'refused'
  /** One calm sentence that says what to do next. */
  sentence: string
  /** The same, per field. */
  fields: Readonly<Record<string, string>>
  retryAfterSeconds?: number
}

export type Action<Result = null> = (previous: ActionState<Result>, form: FormData) => Promise<ActionState<Result>>
