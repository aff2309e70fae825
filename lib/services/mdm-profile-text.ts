/** Text in the formats of profiles, each with its own way to keep a name from becoming anything else. */

/** An element with attributes, and children or text. */
export interface XmlElement {
  name: string
  attributes?: Readonly<Record<string, string>>
  inside?: string | readonly XmlElement[]
}

export function xml(root: XmlElement): string {
  return `${lines(root, '').join('\n')}\n`
}

function lines({ name, attributes = {}, inside = '' }: XmlElement, indent: string): string[] {
  const open = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${xmlText(value)}"`)].join(' ')
  if (typeof inside === 'string') return [`${indent}<${open}>${xmlText(inside)}</${name}>`]
  return [`${indent}<${open}>`, ...inside.flatMap((child) => lines(child, `${indent}  `)), `${indent}</${name}>`]
}

/** Control characters have no form in XML 1.0 at all; a carriage return would be read as another line end. */
export function xmlText(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\t', '&#9;')
}

/** One word of a shell command, whatever is in it. Plain words stay as they are. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll('\0', '').replaceAll("'", `'\\''`)}'`
}

/** A value of a key file as GLib reads it. */
export function keyfileValue(text: string): string {
  return text
    .replaceAll('\0', '')
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll(';', '\\;')
    .replace(/^ +/, (spaces) => '\\s'.repeat(spaces.length))
}

/** Names that every format takes as they are, so that the usual case stays readable. */
export function isPlainName(text: string): boolean {
  return /^[A-Za-z0-9](?:[A-Za-z0-9 _.-]*[A-Za-z0-9])?$/.test(text)
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** What is left of a name in file names and identifiers. */
export function fileStem(text: string): string {
  return (
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'latchkey'
  )
}
