/** Reports as PDF: pdfkit sets them, without a browser, in a typeface that knows Latin, Greek, Cyrillic and more. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReportBlock, ReportDocument, ReportFact } from '@/lib/services/report-document'

type Table = Extract<ReportBlock, { kind: 'table' }>
type Pdf = PDFKit.PDFDocument

const MARGIN = 48
const PADDING = 4
const SIZE = { title: 20, heading: 13, text: 9.5, cell: 8, exact: 8.5, foot: 7.5 }
const INK = '#16181d'
const MUTED = '#5c6370'
const LINE = '#d5d8de'

export async function reportPdf(report: ReportDocument): Promise<Uint8Array> {
  // Loaded at the first report: the processes that make none do without it.
  const { default: PDFDocument } = await import('pdfkit')
  const { regular, bold, mono, known } = await typeface()
  const document = new PDFDocument({
    size: 'A4',
    margins: { top: MARGIN, left: MARGIN, right: MARGIN, bottom: MARGIN + 12 },
    // With the pages kept, their number is known when the feet are written.
    bufferPages: true,
    lang: 'en',
    pdfVersion: '1.7',
    displayTitle: true,
    font: regular as never,
    info: { Title: report.title, Subject: report.subtitle, Creator: 'Latchkey', Producer: 'Latchkey' },
  })
  document.registerFont('regular', regular)
  document.registerFont('bold', bold)
  document.registerFont('mono', mono)
  const chunks: Buffer[] = []
  const done = new Promise<void>((resolve, reject) => {
    document.on('data', (chunk: Buffer) => chunks.push(chunk))
    document.on('end', resolve)
    document.on('error', reject)
  })
  const text = (given: string) => drawable(given, known)
  document.font('bold').fontSize(SIZE.title).fillColor(INK).text(text(report.title))
  document.font('regular').fontSize(SIZE.text).fillColor(MUTED).text(text(report.subtitle)).moveDown(1)
  for (const block of report.blocks) draw(document, block, text)
  feet(document, text(report.title))
  document.end()
  await done
  return new Uint8Array(Buffer.concat(chunks))
}

function draw(document: Pdf, block: ReportBlock, text: (given: string) => string): void {
  document.x = MARGIN
  switch (block.kind) {
    case 'heading':
      ensureRoom(document, 70)
      document.moveDown(0.8).font('bold').fontSize(SIZE.heading).fillColor(INK).text(text(block.text)).moveDown(0.3)
      document.outline.addItem(text(block.text))
      break
    case 'paragraph':
      document.font('regular').fontSize(SIZE.text).fillColor(INK).text(text(block.text)).moveDown(0.5)
      break
    case 'facts':
      for (const fact of block.facts) drawFact(document, fact, text)
      document.moveDown(0.4)
      break
    case 'table':
      if (block.rows.length === 0) {
        document.font('regular').fontSize(SIZE.text).fillColor(MUTED).text(text(block.empty)).moveDown(0.5)
      } else drawTable(document, block, text)
  }
}

function drawFact(document: Pdf, { name, value, exact }: ReportFact, text: (given: string) => string): void {
  const indent = 130
  const width = widthOf(document) - indent
  const ofValue = () => document.font(exact ? 'mono' : 'regular').fontSize(exact ? SIZE.exact : SIZE.text)
  const height = ofValue().heightOfString(text(value), { width })
  ensureRoom(document, height)
  const top = document.y
  document.font('regular').fontSize(SIZE.text).fillColor(MUTED)
  document.text(text(name), MARGIN, top, { width: indent - 8 })
  ofValue()
    .fillColor(INK)
    .text(text(value), MARGIN + indent, top, { width })
  document.x = MARGIN
  document.y = top + Math.max(height, SIZE.text * 1.2) + 2
}

function drawTable(document: Pdf, table: Table, text: (given: string) => string): void {
  const width = widthOf(document)
  const columns = table.heads.map((head) => ({ ...head, points: (head.width / 100) * width }))
  const row = (cells: string[], font: 'regular' | 'bold', colour: string) => {
    document.font(font).fontSize(SIZE.cell)
    const height = Math.max(
      ...cells.map((cell, at) => document.heightOfString(cell, { width: (columns[at]?.points ?? 0) - PADDING * 2 })),
    )
    if (ensureRoom(document, height + PADDING * 2) && font === 'regular') heads()
    const top = document.y + PADDING
    let left = MARGIN
    document.font(font).fontSize(SIZE.cell).fillColor(colour)
    for (const [at, cell] of cells.entries()) {
      const { points = 0, number } = columns[at] ?? {}
      const place = { width: points - PADDING * 2, align: number ? ('right' as const) : ('left' as const) }
      document.text(cell, left + PADDING, top, place)
      left += points
    }
    const bottom = top + height + PADDING
    document
      .moveTo(MARGIN, bottom)
      .lineTo(MARGIN + width, bottom)
      .lineWidth(0.5)
      .strokeColor(LINE)
      .stroke()
    document.x = MARGIN
    document.y = bottom
  }
  const heads = () => {
    row(
      table.heads.map((head) => text(head.text)),
      'bold',
      MUTED,
    )
  }
  heads()
  for (const cells of table.rows) {
    row(
      cells.map((cell) => text(cell)),
      'regular',
      INK,
    )
  }
  document.moveDown(0.8)
}

/** True when it took a new page. */
function ensureRoom(document: Pdf, height: number): boolean {
  if (document.y + height <= document.page.height - document.page.margins.bottom) return false
  document.addPage()
  return true
}

function feet(document: Pdf, title: string): void {
  const { start, count } = document.bufferedPageRange()
  for (let page = start; page < start + count; page += 1) {
    document.switchToPage(page)
    // Below the margin, where text would otherwise begin a page of its own.
    document.page.margins.bottom = 0
    const place = { width: widthOf(document), lineBreak: false } as const
    const top = document.page.height - MARGIN
    document.font('regular').fontSize(SIZE.foot).fillColor(MUTED)
    document.text(title, MARGIN, top, place)
    document.text(`Page ${page - start + 1} of ${count}`, MARGIN, top, { ...place, align: 'right' })
  }
}

function widthOf(document: Pdf): number {
  return document.page.width - MARGIN * 2
}

/** A sign that the typeface lacks would be an empty box, and several of them would look alike: it is shown by its number. */
function drawable(text: string, known: (codePoint: number) => boolean): string {
  return Array.from(text, (sign) => {
    const codePoint = sign.codePointAt(0) ?? 0
    return sign === '\n' || known(codePoint) ? sign : `<U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}>`
  }).join('')
}

interface Typeface {
  regular: Buffer
  bold: Buffer
  mono: Buffer
  known(codePoint: number): boolean
}

let loaded: Promise<Typeface> | undefined

function typeface(): Promise<Typeface> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<Typeface> {
  const { default: PDFDocument } = await import('pdfkit')
  const font = (name: string) => readFile(join(process.cwd(), 'node_modules', 'dejavu-fonts-ttf', 'ttf', name))
  const files = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', 'DejaVuSansMono.ttf'] as const
  const [regular, bold, mono] = await Promise.all([font(files[0]), font(files[1]), font(files[2])])
  const probe = new PDFDocument({ font: regular as never }) as unknown as {
    _font: { font: { hasGlyphForCodePoint(codePoint: number): boolean } }
  }
  return { regular, bold, mono, known: (codePoint) => probe._font.font.hasGlyphForCodePoint(codePoint) }
}
