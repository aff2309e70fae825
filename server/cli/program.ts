/** Finds the command, runs it, and turns its outcome or its fault into output and an exit code. */
import { isRefusal } from '@/lib/errors'
import { readArguments } from './arguments'
import { type Command, type CommandCall, CommandFault, type Io, UsageFault } from './command'
import { COMMANDS } from './commands'
import { CALL, helpOf, overview } from './help'
import { nearest } from './text'

/** The world of one run. */
export interface Terminal {
  out(text: string | Uint8Array): void
  error(text: string): void
  stdin(): Promise<string>
  withServices: CommandCall['withServices']
}

/** 0 worked, 1 refused or failed, 2 called wrongly. */
export async function run(args: readonly string[], terminal: Terminal, commands = COMMANDS): Promise<number> {
  // Looked at first: a wrong call with --json must still answer in JSON.
  const json = args.includes('--json')
  try {
    const help = helpFor(args, commands)
    if (help !== null) {
      terminal.out(`${help}\n`)
      return 0
    }
    const { command, rest } = find(args, commands)
    const read = readArguments(command, rest)
    const { withServices } = terminal
    const outcome = await command.run({ ...read, withServices, io: ioOf(terminal, json) } as CommandCall)
    if (json) terminal.out(`${JSON.stringify(outcome.json, null, 2)}\n`)
    else if (outcome.text !== '') terminal.out(`${outcome.text}\n`)
    return outcome.exitCode ?? 0
  } catch (error) {
    const { code, message, exitCode, hint } = faultOf(error)
    if (json) terminal.out(`${JSON.stringify({ error: { code, message } }, null, 2)}\n`)
    terminal.error(`${message}${hint}\n`)
    return exitCode
  }
}

function ioOf(terminal: Terminal, json: boolean): Io {
  return {
    json,
    stdin: terminal.stdin,
    say: (sentence) => (json ? terminal.error(`${sentence}\n`) : terminal.out(`${sentence}\n`)),
    write: (bytes) => terminal.out(bytes),
  }
}

/** The text of help, when that is what was asked for. */
function helpFor(args: readonly string[], commands: readonly Command[]): string | null {
  const [first] = args
  if (first === undefined || first === 'help' || args.includes('--help') || args.includes('-h')) {
    const words = args.filter((word) => word !== 'help' && word !== '--help' && word !== '-h' && word !== '--json')
    if (words.length === 0) return overview(commands)
    const named = matching(words, commands)
    if (named !== undefined) return helpOf(named.command)
    const family = commands.filter(({ name }) => name.startsWith(`${words[0]} `))
    return family.length > 0 ? overview(family) : null
  }
  return null
}

function find(args: readonly string[], commands: readonly Command[]): { command: Command; rest: readonly string[] } {
  const words = args.filter((word) => word !== '--json')
  const found = matching(words, commands)
  if (found !== undefined) return found
  const typed = words
    .filter((word) => !word.startsWith('-'))
    .slice(0, 2)
    .join(' ')
  const family = commands.filter(({ name }) => name.startsWith(`${words[0]} `)).map(({ name }) => name)
  const meant = nearest(
    typed,
    commands.map(({ name }) => name),
  )
  if (meant !== undefined) throw new UsageFault(`There is no command "${typed}". Did you mean "${meant}"?`)
  if (family.length > 0) throw new UsageFault(`There is no command "${typed}". There are: ${family.join(', ')}.`)
  throw new UsageFault(`There is no command "${typed}".`)
}

function matching(words: readonly string[], commands: readonly Command[]) {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ')
    const command = commands.find((candidate) => candidate.name === name)
    if (command !== undefined && words.length >= length) return { command, rest: words.slice(length) }
  }
  return undefined
}

function faultOf(error: unknown): { code: string; message: string; exitCode: number; hint: string } {
  if (error instanceof UsageFault) {
    return { code: 'usage', message: error.message, exitCode: 2, hint: `\nSee: ${CALL} --help` }
  }
  if (isRefusal(error)) {
    const fields = Object.entries(error.fields).filter(([, message]) => message !== error.sentence)
    const hint = fields.map(([field, message]) => `\n  ${field}: ${message}`).join('')
    return { code: error.code, message: error.sentence, exitCode: 1, hint }
  }
  if (error instanceof CommandFault) return { code: error.code, message: error.message, exitCode: 1, hint: '' }
  return { code: 'internal_error', message: unexpected(error), exitCode: 1, hint: '' }
}

/** A database error quotes the values of its statement, which are nobody's business on a screen. */
function unexpected(error: unknown): string {
  if (!(error instanceof Error)) return 'Something failed that should not have.'
  if (error.name.startsWith('PrismaClient')) {
    const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : ''
    return `The database did not do what was asked of it${code}. Is it running, and migrated?`
  }
  return error.message.slice(0, 2_000)
}
