/** docs/scep-conformance.md against the tests it names: it cannot promise what nothing holds. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const SECTIONS = [
  ['Checklist of the protocol', 86],
  ['Acceptance of dynamic challenges', 14],
  ['Attacks', 24],
] as const

interface Row {
  number: number
  point: string
  /** What the last column holds, one part per line. */
  parts: string[]
}

const page = readFileSync('docs/scep-conformance.md', 'utf8')
const REASON = /^(Not offered yet|Not a test): \S.{5,}\.$/
const REFERENCE = /^`([^`]+)` › (.+)$/

function rowsOf(section: string): Row[] {
  const [, text = ''] = page.split(`\n## ${section}\n`)
  const [body = ''] = text.split('\n## ')
  return body
    .split('\n')
    .map((line) => /^\| (\d+) \| (.+?) \| (.+) \|$/.exec(line))
    .filter((match) => match !== null)
    .map(([, number, point = '', tests = '']) => ({ number: Number(number), point, parts: tests.split('<br>') }))
}

/** As the argument of a call, in whichever quotes. */
function isTitleIn(text: string, title: string): boolean {
  const quoted = ["'", '"', '`'].map((quote) => `${quote}${title.replaceAll(quote, `\\${quote}`)}${quote}`)
  return quoted.some((literal) => {
    for (let at = text.indexOf(literal); at !== -1; at = text.indexOf(literal, at + 1))
      if (/\(\s*$/.test(text.slice(Math.max(0, at - 40), at))) return true
    return false
  })
}

describe.each(SECTIONS)('%s', (section, count) => {
  const rows = rowsOf(section)

  test('has every number once, in order', () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: count }, (_, at) => at + 1))
  })

  test.each(rows)('$number: $point', ({ parts }) => {
    for (const part of parts) {
      const [, file, title] = REFERENCE.exec(part) ?? []
      if (file === undefined || title === undefined) expect(part).toMatch(REASON)
      else {
        expect(existsSync(file), `${file} is gone`).toBe(true)
        expect(isTitleIn(readFileSync(file, 'utf8'), title), `${file} has no test "${title}"`).toBe(true)
      }
    }
  })
})

test('a title that is gone is noticed, and so is a reason that is none', () => {
  expect(isTitleIn("test('one', () => {})", 'one')).toBe(true)
  expect(isTitleIn("const title = 'one'", 'one')).toBe(false)
  expect(isTitleIn('test("it\'s", () => {})', "it's")).toBe(true)
  expect('later').not.toMatch(REASON)
  expect('Planned: .').not.toMatch(REASON)
})
