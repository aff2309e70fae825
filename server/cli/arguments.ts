/** Reads the arguments of one command, and says plainly what is wrong with them. */
import { parseArgs } from 'node:util'
import { type Command, type Option, UsageFault } from './command'
import { nearest } from './text'

export interface Arguments {
  options: Record<string, string | string[] | boolean | undefined>
  argument: string
}

/** Known to every command. */
export const COMMON: Record<string, Option> = {
  json: { description: 'Print one JSON document on standard output, and nothing else there' },
  help: { description: 'Show this help' },
}

export function readArguments(command: Command, args: readonly string[]): Arguments {
  const known = { ...command.options, ...COMMON }
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(known).map(([name, option]) => [name, { type: option.value ? 'string' : 'boolean' } as const]),
    ),
    allowPositionals: true,
    // Its own complaints are for programmers; the tokens let us write ours.
    strict: false,
    tokens: true,
  })
  const given = new Map<string, string[]>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined
    if (option === undefined) throw new UsageFault(unknownOption(token.rawName, Object.keys(known)))
    const value = textOf(token, option)
    const earlier = given.get(token.name)
    if (earlier && option.value && !option.repeats) throw new UsageFault(`--${token.name} may be given once only.`)
    given.set(token.name, [...(earlier ?? []), value])
  }
  return { options: collected(command.options, given), argument: positional(command, positionals) }
}

function textOf(
  token: { rawName: string; value: string | undefined; inlineValue: boolean | undefined },
  option: Option,
): string {
  const { rawName, value, inlineValue } = token
  if (option.value === undefined) {
    if (inlineValue) throw new UsageFault(`${rawName} takes no value.`)
    return ''
  }
  // "--san --json": the value was forgotten. One that really begins with hyphens comes after an equals sign.
  if (value === undefined || (!inlineValue && value.startsWith('--'))) {
    throw new UsageFault(`${rawName} needs a value: ${rawName} ${option.value}`)
  }
  if (option.choices && !option.choices.includes(value)) {
    const meant = nearest(value, option.choices)
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`
    throw new UsageFault(`${rawName} is one of ${option.choices.join(', ')}.${hint}`)
  }
  return value
}

function collected(options: Record<string, Option>, given: Map<string, string[]>): Arguments['options'] {
  const values: Arguments['options'] = {}
  for (const [name, option] of Object.entries(options)) {
    const texts = given.get(name)
    if (option.required && texts === undefined) throw new UsageFault(`--${name} ${option.value ?? ''} is missing.`)
    if (option.value === undefined) values[name] = texts !== undefined
    else values[name] = option.repeats ? (texts ?? []) : texts?.[0]
  }
  return values
}

function positional(command: Command, positionals: readonly string[]): string {
  const [first, ...others] = positionals
  if (command.argument === undefined) {
    if (first === undefined) return ''
    throw new UsageFault(`"latchkey ${command.name}" does not know what to do with "${first}".`)
  }
  if (first === undefined) throw new UsageFault(`${command.argument} is missing.`)
  if (others.length > 0) throw new UsageFault(`"latchkey ${command.name}" takes one ${command.argument} only.`)
  return first
}

function unknownOption(rawName: string, names: readonly string[]): string {
  const meant = nearest(rawName.replace(/^-+/, ''), names)
  return `There is no option ${rawName}.${meant === undefined ? '' : ` Did you mean --${meant}?`}`
}
