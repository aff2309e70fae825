/** Where the large installation lies between seeding and measuring. */
import { resolve } from 'node:path'

export const FOLDER = resolve(process.env.BENCH_DATA ?? 'data-bench')
/** Beside its data: the password of the one who looks at pages. */
export const PASSWORD_FILE = 'bench-password'

export function counts(args: string[], known: Record<string, number>, usage: string): Record<string, number> {
  const found = { ...known }
  for (const arg of args) {
    const [, name = '', value] = /^--([a-z]+)=(\d{1,9})$/.exec(arg) ?? []
    if (!(name in known)) throw new Error(`${arg} is not known. ${usage}`)
    found[name] = Number(value)
  }
  return found
}
