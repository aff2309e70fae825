/** Rows as files: CSV that no spreadsheet takes for formulas, JSON, and JSON Lines. */

/** What has parts of its own stands in a cell as JSON. */
export type FieldValue = string | number | boolean | null | Date | readonly string[] | Parts
type Parts = { readonly [member: string]: unknown }
export type Fields = Readonly<Record<string, FieldValue>>

export const EXPORT_FORMATS = {
  csv: { title: 'CSV, for spreadsheets', type: 'text/csv; charset=utf-8' },
  json: { title: 'JSON', type: 'application/json' },
  jsonl: { title: 'JSON Lines', type: 'application/jsonl' },
} as const
export type ExportFormat = keyof typeof EXPORT_FORMATS

/** One piece of text for each page, each row on a line of its own; the file is whole once the last piece came. */
export async function* textOf(
  format: ExportFormat,
  names: readonly string[],
  pages: AsyncIterable<readonly Fields[]>,
): AsyncGenerator<string> {
  // The byte order mark tells spreadsheets that this is UTF-8.
  if (format === 'csv') yield `\uFEFF${names.map(csvCell).join(',')}\r\n`
  if (format === 'json') yield '['
  let first = true
  for await (const rows of pages) {
    if (format === 'csv') yield rows.map((row) => csvLine(names, row)).join('')
    else if (format === 'jsonl') yield rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    else yield rows.map((row, index) => `${first && index === 0 ? '' : ','}\n${JSON.stringify(row)}`).join('')
    first = false
  }
  if (format === 'json') yield '\n]\n'
}

function csvLine(names: readonly string[], row: Fields): string {
  return `${names.map((name) => csvCell(row[name] ?? null)).join(',')}\r\n`
}

/** RFC 4180. A line per row: breaks inside a value become spaces. */
export function csvCell(value: FieldValue): string {
  if (value === null) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value instanceof Date) return value.toISOString()
  const text = textOfCell(value).replace(/[\r\n\u2028\u2029]+/g, ' ')
  // Devices choose their names, and a spreadsheet runs what begins so: an apostrophe makes it text.
  const harmless = /^\s*[=+\-@|%\uFF0B\uFF0D\uFF1D\uFF20]|^\t/.test(text) ? `'${text}` : text
  return /[",\r\n;']|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

function textOfCell(value: string | readonly string[] | Parts): string {
  if (typeof value === 'string') return value
  return Array.isArray(value) ? value.join('; ') : JSON.stringify(value)
}
