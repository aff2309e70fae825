/** The PDF of a report: really one, of many pages, with every name drawn or shown by number. */
import { expect, test } from 'vitest'
import type { ReportDocument } from '@/lib/services/report-document'
import { reportPdf } from './pdf'

const heads = [
  { text: 'Time', width: 30 },
  { text: 'What', width: 70 },
]
const report = (rows: string[][]): ReportDocument => ({
  title: 'Audit report of Łódź Ω Ж',
  subtitle: 'a month',
  events: rows.length,
  blocks: [
    { kind: 'heading', text: 'Exceptions' },
    { kind: 'paragraph', text: 'A name from far away: 端末 \u202e' },
    { kind: 'facts', facts: [{ name: 'Head', value: 'ab'.repeat(32), exact: true }] },
    { kind: 'table', caption: 'Events', heads, rows, empty: 'None.' },
  ],
})
const pagesOf = (pdf: Uint8Array) =>
  Buffer.from(pdf)
    .toString('latin1')
    .match(/\/Type \/Page\b/g)?.length

test('is a whole PDF with a page for each fifty rows or so', async () => {
  const short = await reportPdf(report([]))
  expect(Buffer.from(short.subarray(0, 8)).toString('latin1')).toBe('%PDF-1.7')
  expect(Buffer.from(short.subarray(-6)).toString('latin1')).toContain('%%EOF')
  expect(pagesOf(short)).toBe(1)
  const rows = Array.from({ length: 120 }, (_, at) => [`2026-11-${at}`, `event ${at}`])
  expect(pagesOf(await reportPdf(report(rows)))).toBeGreaterThan(2)
})

test('a cell longer than a page does not stop the report', async () => {
  expect(pagesOf(await reportPdf(report([['now', 'long '.repeat(5_000)]])))).toBeGreaterThan(1)
})
