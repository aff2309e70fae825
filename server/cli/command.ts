/** What a command of the command line is: one description, from which arguments are read and help is written. */
import type { Services } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'

export interface Option {
  /** Absent for a switch. */
  value?: string
  description: string
  required?: boolean
  repeats?: boolean
  choices?: readonly string[]
}

export interface Command<Options extends Record<string, Option> = Record<string, Option>> {
  /** The words that call it, such as "group create". */
  name: string
  summary: string
  /** More than the summary, where it helps. */
  details?: string
  /** Placeholder of the one positional argument, such as SERIAL. */
  argument?: string
  options: Options
  examples: readonly string[]
  run(call: CommandCall<Options>): Promise<Outcome>
}

/** Required and repeating options are there; the others may be missing. */
export type Values<Options extends Record<string, Option>> = {
  [Name in keyof Options]: Options[Name] extends { value: string }
    ? Options[Name] extends { repeats: true }
      ? string[]
      : Options[Name] extends { required: true }
        ? string
        : string | undefined
    : boolean
}

export interface CommandCall<Options extends Record<string, Option> = Record<string, Option>> {
  options: Values<Options>
  /** The positional argument; empty for commands without one. */
  argument: string
  /** The services of this installation, put up for the length of this command. Not every command needs them. */
  withServices<T>(work: (services: Services, actor: Actor) => Promise<T>): Promise<T>
  io: Io
}

/** What a command touches of the world, so that a test can be the world. */
export interface Io {
  /** All of standard input, without the line end that closes it. */
  stdin(): Promise<string>
  /** A sentence while the work goes on. Standard output for people, standard error with --json. */
  say(sentence: string): void
  /** Whether standard output is for one JSON document alone. */
  json: boolean
  /** Bytes for a pipe, such as DER. Not with --json. */
  write(bytes: Uint8Array): void
}

export interface Outcome {
  /** The document that --json prints. */
  json: unknown
  /** The same for people; empty when everything was said already. */
  text: string
  /** 0 unless given. */
  exitCode?: number
}

/** The command was called wrongly: exit code 2, and a hint at the help. */
export class UsageFault extends Error {}

/** Something a person can put right that no service refused: a file in the way, a server that does not answer. */
export class CommandFault extends Error {
  readonly code: string

  constructor(code: string, sentence: string) {
    super(sentence)
    this.name = 'CommandFault'
    this.code = code
  }
}

/** Keeps the types of the options for the command's run(). */
export function command<const Options extends Record<string, Option>>(parts: Command<Options>): Command {
  // The reader of arguments makes the values exactly as these options ask, which TypeScript cannot see.
  return parts as unknown as Command
}

/** A whole number in bounds, or a UsageFault that names the option. */
export function wholeNumber(
  option: string,
  value: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (value === undefined) return undefined
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
  if (number >= least && number <= most) return number
  throw new UsageFault(`--${option} takes a whole number from ${least} to ${most}.`)
}

/** Drops what was not given: services tell "absent" from "undefined". */
export function given<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** A secret from standard input, so that it shows neither in the shell's history nor in the list of processes. */
export async function secretFromStdin(io: Io, what: string): Promise<string> {
  const secret = await io.stdin()
  if (secret !== '') return secret
  throw new UsageFault(
    `There is no ${what} on standard input. Pipe it in: printf %s "$SECRET" | npm run latchkey -- ...`,
  )
}

/** Options that every list knows. */
export const PAGE_OPTIONS = {
  limit: { value: 'N', description: 'How many at most, 1 to 200; 50 unless given' },
  cursor: { value: 'CURSOR', description: 'nextCursor of the page before' },
} as const satisfies Record<string, Option>

export function pageFrom(options: { limit: string | undefined; cursor: string | undefined }) {
  return { limit: wholeNumber('limit', options.limit, 1, 200) ?? 50, ...given({ cursor: options.cursor }) }
}

export function moreHint(nextCursor: string | null): string {
  return nextCursor === null ? '' : `\n\nThere is more: add --cursor ${nextCursor}`
}

/** A moment as people type it, or a UsageFault that names the option. */
export function timeOf(option: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(text) : new Date(Number.NaN)
  if (!Number.isNaN(time.getTime())) return time
  throw new UsageFault(`--${option} takes a time such as 2026-11-23 or 2026-11-23T08:00:00Z.`)
}
