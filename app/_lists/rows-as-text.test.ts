/** Files of rows: whole, one row a line, and harmless in a spreadsheet. */
import { expect, test } from 'vitest'
import { csvCell, type ExportFormat, type Fields, textOf } from './rows-as-text'

const ROWS: Fields[] = [
  { name: 'CN=tablet-7', at: new Date('2026-03-01T10:00:00Z'), count: 3, san: ['a', 'b'], none: null },
  { name: '=HYPERLINK("http://x")', at: new Date(0), count: -1, san: [], none: null },
]

async function text(format: ExportFormat, pages: Fields[][] = [[ROWS[0] as Fields], [ROWS[1] as Fields]]) {
  async function* given() {
    yield* pages
  }
  let whole = ''
  for await (const piece of textOf(format, ['name', 'at', 'count', 'san', 'none'], given())) whole += piece
  return whole
}

test('CSV has a head, a line for each row, and no formulas', async () => {
  expect(await text('csv')).toBe(
    '\uFEFFname,at,count,san,none\r\n' +
      'CN=tablet-7,2026-03-01T10:00:00.000Z,3,"a; b",\r\n' +
      '"\'=HYPERLINK(""http://x"")",1970-01-01T00:00:00.000Z,-1,,\r\n',
  )
})

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '\r=1', '\uFF1D1', '|cmd'])(
  '%j is text in a cell',
  (value) => {
    expect(csvCell(value)).toMatch(/^"'/)
  },
)

test('a value keeps to its line and its quotes', () => {
  expect(csvCell('a\r\nb,"c"')).toBe('"a b,""c"""')
  expect(csvCell('CN=plain')).toBe('CN=plain')
})

test('what has parts is JSON in a cell, and itself in JSON', async () => {
  const row = { change: { fields: ['ttl'], before: { ttl: 60 } } }
  const written = async (format: ExportFormat) => {
    let whole = ''
    for await (const piece of textOf(format, ['change'], pagesOf([row]))) whole += piece
    return whole
  }
  expect(await written('csv')).toContain('"{""fields"":[""ttl""],""before"":{""ttl"":60}}"')
  expect(JSON.parse(await written('json'))).toEqual([row])
})

async function* pagesOf(...pages: Fields[][]) {
  yield* pages
}

test('JSON is one document, and JSON Lines one for each row, over all pages', async () => {
  const plain = JSON.parse(JSON.stringify(ROWS))
  expect(JSON.parse(await text('json'))).toEqual(plain)
  expect(JSON.parse(await text('json', []))).toEqual([])
  expect(
    (await text('jsonl'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(plain)
})
