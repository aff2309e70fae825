/** Bodies of Jamf's webhooks, JSON or XML, as one tree of texts. Passwords are left out while it is built. */
import { parseXml, XmlElement, XmlText } from '@rgrove/parse-xml'
import { Refusal } from '@/lib/errors'

/** Null for nothing: an empty text is no value in Jamf's events. */
export type Member = string | null | Member[] | Members
export interface Members {
  /** By the name in lower case, without underscores: Jamf and those who speak like it write both. */
  readonly [name: string]: Member
}

const DEEPEST = 12
const LONGEST_NAME = 100

/** Refusals: invalid_input, never with a word of the body. */
export function parseJamfBody(contentType: 'json' | 'xml', body: Uint8Array): Members {
  const text = decoded(body)
  const tree = contentType === 'json' ? fromJson(text) : fromXml(text)
  if (!isMembers(tree)) throw malformed('The body is no object with "webhook" and "event".')
  return tree
}

/** Null for a content type that is neither. */
export function jamfContentType(header: string | null): 'json' | 'xml' | null {
  switch (header?.split(';')[0]?.trim().toLowerCase()) {
    case 'application/json':
    case 'text/json':
      return 'json'
    case 'text/xml':
    case 'application/xml':
      return 'xml'
    default:
      return null
  }
}

export function isMembers(member: Member | undefined): member is Members {
  return typeof member === 'object' && member !== null && !Array.isArray(member)
}

function decoded(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw malformed('The body is not UTF-8.')
  }
}

function fromJson(text: string): Member {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw malformed('The body is not JSON.')
  }
  return memberOf(value, DEEPEST)
}

function memberOf(value: unknown, depth: number): Member {
  if (depth === 0) throw malformed('The body is nested too deep.')
  if (Array.isArray(value)) return value.map((each) => memberOf(each, depth - 1))
  switch (typeof value) {
    case 'string':
      return textOf(value)
    case 'number':
    case 'boolean':
      return String(value)
    case 'object':
      return value === null ? null : membersOf(Object.entries(value), (each) => memberOf(each, depth - 1))
    default:
      return null
  }
}

/** A document type is refused before anything of it is read: Jamf sends none, and its entities are what attacks are made of. */
function fromXml(text: string): Member {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw malformed('The body has a document type, which Jamf never sends.')
  if (depthOf(text) > DEEPEST) throw malformed('The body is nested too deep.')
  let root: XmlElement | null
  try {
    root = parseXml(text).root
  } catch {
    throw malformed('The body is not well-formed XML.')
  }
  return root === null ? null : elementOf(root, DEEPEST)
}

function elementOf(element: XmlElement, depth: number): Member {
  if (depth === 0) throw malformed('The body is nested too deep.')
  const children = element.children.filter((child) => child instanceof XmlElement)
  if (children.length === 0) {
    const texts = element.children.filter((child) => child instanceof XmlText)
    return textOf(texts.map((child) => child.text).join(''))
  }
  return membersOf(
    children.map((child) => [child.name, child]),
    (child) => elementOf(child, depth - 1),
  )
}

/** Of what the text opens, at most: one that is inside a comment counts as well. The parser itself would go as deep as told. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (const [, end, self] of text.matchAll(/<(\/?)[A-Za-z_][^<>]*?(\/?)>/g)) {
    if (end !== '') depth -= 1
    else if (self === '') depth += 1
    deepest = Math.max(deepest, depth)
  }
  return deepest
}

/** A name that comes twice is a list. */
function membersOf<T>(entries: readonly (readonly [string, T])[], read: (value: T) => Member): Members {
  const members = new Map<string, Member>()
  for (const [name, value] of entries) {
    const plain = name.slice(0, LONGEST_NAME).toLowerCase().replaceAll(/[_-]/g, '')
    // Whatever it is, it is not ours: it is not even read.
    if (plain.includes('password')) continue
    const member = read(value)
    const before = members.get(plain)
    members.set(plain, before === undefined ? member : [...(Array.isArray(before) ? before : [before]), member])
  }
  return Object.freeze(Object.assign(Object.create(null), Object.fromEntries(members)))
}

function textOf(text: string): string | null {
  const trimmed = text.trim()
  return trimmed === '' ? null : trimmed
}

function malformed(sentence: string): Refusal {
  return new Refusal('invalid_input', sentence, { reason: 'malformed_body' })
}
