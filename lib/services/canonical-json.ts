/** RFC 8785 canonical JSON: one value, one byte sequence, so that a hash over it means the value. */
import type { Json } from './audit'

/** Keys in the order of UTF-16 code units, no white space. Numbers are safe integers; anything else is a bug here. */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new Error(`${value} is not a safe integer`)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  let text = ''
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${canonicalJson(item)}`
    return `[${text}]`
  }
  for (const key of sortedKeys(value)) text += `${text === '' ? '' : ','}${canonicalMember(value, key)}`
  return `{${text}}`
}

/** `"key":value`, a member of an object as canonical text. */
export function canonicalMember(object: { [key: string]: Json }, key: string): string {
  return `${JSON.stringify(key)}:${canonicalJson(object[key] ?? null)}`
}

/** The keys of an object in canonical order, in which most objects are written already. */
export function sortedKeys(object: { [key: string]: Json }): string[] {
  const keys = Object.keys(object)
  for (let at = 1; at < keys.length; at++) if ((keys[at - 1] ?? '') > (keys[at] ?? '')) return keys.sort()
  return keys
}
