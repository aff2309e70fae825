/** Why Latchkey does not start, in one sentence for the person who started it. */
import { PostgresFault } from '@/lib/adapters/postgres/fault'
import { ConfigurationError } from '@/lib/config'

export class StartFault extends Error {
  constructor(sentence: string) {
    super(sentence)
    this.name = 'StartFault'
  }
}

/** The sentences of a fault that was foreseen; null for a bug, whose stack is worth seeing. */
export function sentencesOf(error: unknown): readonly string[] | null {
  if (error instanceof ConfigurationError) return error.problems
  return error instanceof StartFault || error instanceof PostgresFault ? [error.message] : null
}

/** Says on standard error what went wrong. */
export function report(error: unknown): void {
  const sentences = sentencesOf(error)
  if (sentences) for (const sentence of sentences) process.stderr.write(`${sentence}\n`)
  else console.error(error)
}
