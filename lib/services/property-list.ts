/** Writes Apple's XML property lists: a document is a value, so nothing in it can be forgotten to be escaped. */

export type PropertyValue =
  | string
  | number
  | boolean
  | Uint8Array
  | readonly PropertyValue[]
  | { readonly [key: string]: PropertyValue }

const DOCTYPE = '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">'

export function propertyList(root: PropertyValue): Uint8Array {
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    DOCTYPE,
    '<plist version="1.0">',
    ...written(root),
    '</plist>',
  ]
  return new TextEncoder().encode(`${lines.join('\n')}\n`)
}

/** Numbers are integers: nothing else is asked for. */
function written(value: PropertyValue): string[] {
  if (typeof value === 'string') return [`<string>${escaped(value)}</string>`]
  if (typeof value === 'boolean') return [value ? '<true/>' : '<false/>']
  if (typeof value === 'number') return [`<integer>${value}</integer>`]
  if (value instanceof Uint8Array) return [`<data>${Buffer.from(value).toString('base64')}</data>`]
  if (isList(value)) return ['<array>', ...value.flatMap(written), '</array>']
  const entries = Object.entries(value).flatMap(([key, inside]) => [`<key>${escaped(key)}</key>`, ...written(inside)])
  return ['<dict>', ...entries, '</dict>']
}

function isList(value: readonly PropertyValue[] | { readonly [key: string]: PropertyValue }): value is PropertyValue[] {
  return Array.isArray(value)
}

/** Control characters have no form in XML 1.0 at all, escaped or not. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
