/** RFC 8785 canonical JSON: one value, one byte sequence, so that a hash over it means the value. */
import type { Json } from './audit'

/** Keys in the order of UTF-16 code units, no white space. Numbers are safe integers; anything else is a bug here. */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new Error(`${value} is not a safe integer`)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  return `{${canonicalMembers(value).join(',')}}`
}

/** The members of an object as canonical text, in order: `"key":value`. */
export function canonicalMembers(object: { [key: string]: Json }): string[] {
  return Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] ?? null)}`)
}
