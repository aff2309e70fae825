/** A report as plain parts, which a page, an HTML file and a PDF each set in their own type. */

export type ReportBlock =
  | { kind: 'heading'; text: string }
  | { kind: 'paragraph'; text: string }
  | { kind: 'facts'; facts: ReportFact[] }
  | { kind: 'table'; caption: string; heads: ReportHead[]; rows: string[][]; empty: string }

export interface ReportFact {
  name: string
  value: string
  /** Digests and the like, to be compared sign by sign. */
  exact?: boolean
}

export interface ReportHead {
  text: string
  /** The share of the width, of 100. */
  width: number
  number?: boolean
}

export interface ReportDocument {
  /** How many events it is about. */
  events: number
  title: string
  subtitle: string
  blocks: ReportBlock[]
}
