/**
 * The part of RSQL that inventory filters use: comparisons, `;` and `,` with their precedence, brackets. What is not of
 * it, or names a field that cannot be filtered by, throws.
 */
export class RsqlFault extends Error {}

export type Fields<Row> = Readonly<Record<string, (row: Row) => string | number | boolean | null>>

const OPERATOR = /==|!=|=in=|=out=|=gt=|=ge=|=lt=|=le=|>=|<=|>|</y
const SELECTOR = /[A-Za-z][A-Za-z0-9_.]*/y
const BARE = /[^"'();,=!~<>\s]+/y
const QUOTED = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/y

export function parseRsql<Row>(text: string, fields: Fields<Row>): (row: Row) => boolean {
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    while (text[at] === ' ') at += 1
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found !== null) at += found[0].length
    return found
  }
  const symbol = (one: string): boolean => {
    while (text[at] === ' ') at += 1
    if (text[at] !== one) return false
    at += 1
    return true
  }
  const expected = (what: string): never => {
    throw new RsqlFault(`${what} expected at ${at} of ${text}`)
  }

  function alternatives(): (row: Row) => boolean {
    const all = [conjunction()]
    while (symbol(',')) all.push(conjunction())
    return (row) => all.some((holds) => holds(row))
  }

  function conjunction(): (row: Row) => boolean {
    const all = [term()]
    while (symbol(';')) all.push(term())
    return (row) => all.every((holds) => holds(row))
  }

  function term(): (row: Row) => boolean {
    if (symbol('(')) {
      const inner = alternatives()
      return symbol(')') ? inner : expected(')')
    }
    const name = take(SELECTOR)?.[0] ?? expected('a field')
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (field === undefined) throw new RsqlFault(`${name} cannot be filtered by`)
    const operator = take(OPERATOR)?.[0] ?? expected('an operator')
    const matches = comparison(operator, operator === '=in=' || operator === '=out=' ? list() : [value()])
    return (row) => matches(field(row))
  }

  function list(): string[] {
    if (!symbol('(')) expected('(')
    const values = [value()]
    while (symbol(',')) values.push(value())
    return symbol(')') ? values : expected(')')
  }

  function value(): string {
    const quoted = take(QUOTED)
    if (quoted !== null) return (quoted[1] ?? quoted[2] ?? '').replace(/\\(.)/g, '$1')
    return take(BARE)?.[0] ?? expected('a value')
  }

  const holds = alternatives()
  if (at !== text.length) expected('the end')
  return holds
}

function comparison(operator: string, values: string[]): (actual: string | number | boolean | null) => boolean {
  const [first = ''] = values
  const like = wildcards(first)
  const ordered = (actual: unknown) => compare(String(actual), first)
  switch (operator) {
    case '==':
      return (actual) => actual !== null && like(String(actual))
    case '!=':
      return (actual) => actual === null || !like(String(actual))
    case '=in=':
      return (actual) => values.includes(String(actual))
    case '=out=':
      return (actual) => !values.includes(String(actual))
    case '=gt=':
    case '>':
      return (actual) => actual !== null && ordered(actual) > 0
    case '=ge=':
    case '>=':
      return (actual) => actual !== null && ordered(actual) >= 0
    case '=lt=':
    case '<':
      return (actual) => actual !== null && ordered(actual) < 0
    default:
      return (actual) => actual !== null && ordered(actual) <= 0
  }
}

/** `*` stands for anything, also in a value that somebody forgot to look at: a serial number of "*" finds everything. */
function wildcards(value: string): (actual: string) => boolean {
  if (!value.includes('*')) return (actual) => actual === value
  const parts = value.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  const pattern = new RegExp(`^${parts.join('.*')}$`, 's')
  return (actual) => pattern.test(actual)
}

function compare(a: string, b: string): number {
  if (/^\d+$/.test(a) && /^\d+$/.test(b)) return Number(a) - Number(b)
  return a < b ? -1 : a > b ? 1 : 0
}
