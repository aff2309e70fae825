/** Help texts, written from the commands' own descriptions. */
import { COMMON } from './arguments'
import type { Command, Option } from './command'

export const CALL = 'npm run latchkey --'

export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return [
    'The command line of Latchkey. Commands work beside a running server and without one.',
    '',
    `Usage: ${CALL} COMMAND [OPTIONS]`,
    '',
    ...lines,
    '',
    `"${CALL} COMMAND --help" explains one command. With --json every command prints one JSON document.`,
    'Exit code: 0 when it worked, 1 when it was refused or failed, 2 when it was called wrongly.',
  ].join('\n')
}

export function helpOf(command: Command): string {
  const options = Object.entries({ ...command.options, ...COMMON }).map(([name, option]) => optionLine(name, option))
  const width = Math.max(...options.map(([left]) => left.length))
  return [
    `${command.summary}.`,
    ...(command.details === undefined ? [] : ['', command.details]),
    '',
    `Usage: ${CALL} ${usageOf(command)}`,
    '',
    'Options:',
    ...options.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${CALL} ${example}`),
  ].join('\n')
}

function usageOf(command: Command): string {
  const required = Object.entries(command.options).filter(([, option]) => option.required)
  return [
    command.name,
    ...(command.argument === undefined ? [] : [command.argument]),
    ...required.map(([name, option]) => (option.value === undefined ? `--${name}` : `--${name} ${option.value}`)),
    '[OPTIONS]',
  ].join(' ')
}

function optionLine(name: string, option: Option): readonly [string, string] {
  const left = option.value === undefined ? `--${name}` : `--${name} ${option.value}`
  const notes = [
    option.description,
    ...(option.choices ? [`one of ${option.choices.join(', ')}`] : []),
    ...(option.repeats ? ['may be repeated'] : []),
  ]
  return [left, notes.join('; ')]
}
