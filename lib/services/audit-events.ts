/** What an audit event says, byte for byte: the event model, its limits, and the way back to a line people can read. */
import { randomUUIDv7 } from 'node:crypto'
import type { Actor } from './actor'
import type {
  AuditEntry,
  AuditEventType,
  AuditEventView,
  AuditObject,
  AuditOutcome,
  AuditSeverity,
  Json,
} from './audit'
import { AUDIT_TYPES } from './audit-catalogue'
import { sentenceOf } from './audit-sentences'
import { canonicalJson, canonicalMember, sortedKeys } from './canonical-json'

export type { AuditEntry, AuditEventType } from './audit'
export { sentenceOf } from './audit-sentences'

/** An event as canonical JSON, cut where the database puts in the time: its clock orders all events. */
export interface CanonicalEvent {
  id: string
  /** Ends with `"time":"`. */
  beforeTime: string
  /** Starts with the closing quote. */
  afterTime: string
}

/** An event as it was recorded. Only this is true; columns beside it are copies. */
export interface RecordedEvent {
  v: number
  id: string
  time: string
  type: AuditEventType
  category: string
  outcome: AuditOutcome
  severity: AuditSeverity
  reason?: string
  actor: { type: Actor['type']; id: string | null; name: string; roles: string[]; auth: string; sessionRef?: string }
  object: AuditObject
  source: { ip: string | null; userAgent?: string }
  request: { id: string; protocol: Actor['via']; transactionId?: string }
  change?: { fields: string[]; before?: Json; after?: Json }
  data?: { [key: string]: Json }
  node: { id: string; version: string }
}

const MAX_EVENT_BYTES = 32 * 1024
const MAX_CHANGE_BYTES = 8 * 1024
const MAX_STRING = 2_048
/** Names, ids and codes: far above any of ours, and small enough that an event without data always fits. */
const MAX_NAME = 256
/** What the database adds: `,"time":"2026-11-23T09:00:00.000Z"`. */
const TIME_BYTES = 35
/** What `"data":{},"change":{},` and the list of cut members can take. */
const WRAPPING_BYTES = 64
const MAX_TRUNCATED = 50
const MAX_PATH = 64
const TRUNCATED_BYTES = MAX_TRUNCATED * (MAX_PATH + 3) + 32

let node = { id: 'latchkey', version: '0' }

/** Names this process in the events it records. Called once, where the process is wired. */
export function nameAuditNode(named: { id: string; version: string }): void {
  node = named
}

export function canonicalEvent(entry: AuditEntry): CanonicalEvent {
  const id = randomUUIDv7()
  const event = withinLimits(entry, id)
  let beforeTime = '{'
  let afterTime = '"'
  for (const key of sortedKeys(event)) {
    if (key < 'time') beforeTime += `${canonicalMember(event, key)},`
    else afterTime += `,${canonicalMember(event, key)}`
  }
  return { id, beforeTime: `${beforeTime}"time":"`, afterTime: `${afterTime}}` }
}

/** One row of the trail as people and API callers see it. */
export function eventView(row: { seq: bigint; payload: Uint8Array; chain: Uint8Array }): AuditEventView {
  const event = parseEvent(row.payload)
  return {
    seq: row.seq.toString(),
    id: event.id,
    time: new Date(event.time),
    type: event.type,
    outcome: event.outcome,
    severity: event.severity,
    reason: event.reason ?? null,
    actor: { type: event.actor.type, id: event.actor.id, name: event.actor.name, role: event.actor.roles[0] ?? null },
    object: event.object,
    source: { ip: event.source.ip, userAgent: event.source.userAgent ?? null, via: event.request.protocol },
    data: event.data ?? {},
    change: event.change ?? null,
    sentence: sentenceOf(event),
    chain: Buffer.from(row.chain).toString('hex'),
  }
}

/** The bytes are our own: audit_append() wrote them, and the chain proves it. */
export function parseEvent(payload: Uint8Array): RecordedEvent {
  return JSON.parse(Buffer.from(payload).toString('utf8')) as RecordedEvent
}

/** Builds the event, without its time, and cuts what is too long. What was cut is named in data.truncated. */
function withinLimits(entry: AuditEntry, id: string): { [key: string]: Json } {
  const cut = new Set<string>()
  const event = outline(entry, id, cut)
  const change = entry.change ? cutChange(entry.change, cut) : null
  const data = entry.data ? cutMembers(entry.data, 'data', cut) : {}
  if (mostBytes(data) + mostBytes(change) > MAX_EVENT_BYTES / 3)
    dropLargest(data, change, MAX_EVENT_BYTES - TIME_BYTES - TRUNCATED_BYTES - byteLength(event), cut)
  if (change) event.change = change
  if (cut.size > 0) data.truncated = [...cut].sort().slice(0, MAX_TRUNCATED)
  if (Object.keys(data).length > 0) event.data = data
  return event
}

/** More than it takes, without the work of writing it: escapes take six bytes for a character at most. Nearly every event is small. */
function mostBytes(value: Json): number {
  if (typeof value === 'string') return 6 * value.length + 3
  if (typeof value !== 'object' || value === null) return 24
  // Braces or brackets, and the comma after them.
  let bytes = 3
  if (Array.isArray(value)) for (const item of value) bytes += mostBytes(item)
  else for (const key of Object.keys(value)) bytes += 6 * key.length + 4 + mostBytes(value[key] ?? null)
  return bytes
}

/** Drops the largest members until the rest fits into `room`: small facts survive a flood of big ones. */
function dropLargest(
  data: { [key: string]: Json },
  change: { [key: string]: Json } | null,
  room: number,
  cut: Set<string>,
): void {
  const sizes = (of: { [key: string]: Json }) =>
    Object.keys(of).map((key) => ({ of, key, bytes: byteLength(key) + byteLength(of[key]) + 2 }))
  const all = [...sizes(data), ...sizes(change ?? {})].sort((a, b) => b.bytes - a.bytes)
  let total = all.reduce((sum, { bytes }) => sum + bytes, WRAPPING_BYTES)
  for (const { of, key, bytes } of all) {
    if (total <= room) return
    if (of === change && key === 'fields') continue
    delete of[key]
    cut.add(cutTo(`${of === change ? 'change' : 'data'}.${key}`, MAX_PATH))
    total -= bytes
  }
}

/** Everything but data and change. Members stand in canonical order, which spares their sorting. */
function outline(entry: AuditEntry, id: string, cut: Set<string>): { [key: string]: Json } {
  const { type, outcome, transactionId } = entry
  const { category, severity } = AUDIT_TYPES[type]
  const event: { [key: string]: Json } = {
    actor: actorOf(entry.actor, cut),
    category,
    id,
    node,
    object: objectOf(entry.object, cut),
    outcome,
  }
  const reason = entry.reason ?? (outcome === 'success' ? null : 'unspecified')
  if (reason !== null) event.reason = cutString(reason, 'reason', cut, MAX_NAME)
  event.request = requestOf(entry.actor, transactionId, cut)
  event.severity = entry.severity ?? severity
  event.source = sourceOf(entry.actor, cut)
  event.type = type
  event.v = 1
  return event
}

/** Null where its type knows no null, too: an event must not fail its change. */
function isThere(value: string | null | undefined): value is string {
  return value !== null && value !== undefined
}

function actorOf({ type, id, name, role, sessionId }: Actor, cut: Set<string>): Json {
  const actor: { [key: string]: Json } = {
    auth: AUTHENTICATION[type],
    id: id === null ? null : cutString(id, 'actor.id', cut, MAX_NAME),
    name: cutString(name, 'actor.name', cut, MAX_NAME),
    roles: role === null ? [] : [role],
  }
  // The row id names the session in our own list. Its token, the part worth stealing, never comes here.
  if (isThere(sessionId)) actor.sessionRef = cutString(sessionId, 'actor.sessionRef', cut, MAX_NAME)
  actor.type = type
  return actor
}

function objectOf({ type, id, name }: AuditObject, cut: Set<string>): Json {
  const object: { [key: string]: Json } = { id: id === null ? null : cutString(id, 'object.id', cut, MAX_NAME) }
  if (isThere(name)) object.name = cutString(name, 'object.name', cut, MAX_NAME)
  object.type = type
  return object
}

function sourceOf({ ip, userAgent }: Actor, cut: Set<string>): Json {
  const source: { [key: string]: Json } = { ip: ip === null ? null : cutString(ip, 'source.ip', cut, 64) }
  if (isThere(userAgent)) source.userAgent = cutString(userAgent, 'source.userAgent', cut, MAX_NAME)
  return source
}

function requestOf({ requestId, via }: Actor, transactionId: string | undefined, cut: Set<string>): Json {
  const request: { [key: string]: Json } = { id: cutString(requestId, 'request.id', cut, MAX_NAME), protocol: via }
  if (isThere(transactionId)) request.transactionId = cutString(transactionId, 'request.transactionId', cut, 512)
  return request
}

const AUTHENTICATION: Record<Actor['type'], string> = {
  user: 'password',
  service: 'token',
  device: 'scep-challenge',
  system: 'none',
  anonymous: 'none',
}

function cutChange(change: NonNullable<AuditEntry['change']>, cut: Set<string>): { [key: string]: Json } {
  const side = (name: 'before' | 'after') => {
    const value = change[name]
    if (value === undefined) return {}
    const short = cutStrings(value, `change.${name}`, cut)
    if (byteLength(short) <= MAX_CHANGE_BYTES) return { [name]: short }
    cut.add(`change.${name}`)
    return {}
  }
  const fields = change.fields.slice(0, 32).map((field) => cutString(field, 'change.fields', cut, 40))
  return { fields, ...side('before'), ...side('after') }
}

function cutStrings(value: Json, path: string, cut: Set<string>): Json {
  if (typeof value === 'string') return cutString(value, path, cut, MAX_STRING)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => cutStrings(item, path, cut))
  return cutMembers(value, path, cut)
}

/** A copy, without the members that are undefined. */
function cutMembers(object: { [key: string]: Json }, path: string, cut: Set<string>): { [key: string]: Json } {
  const members = { ...object }
  for (const key of Object.keys(members)) {
    const member = members[key]
    if (member === undefined) delete members[key]
    else if (typeof member === 'string' || typeof member === 'object')
      members[key] = cutStrings(member, `${path}.${key}`, cut)
  }
  return members
}

/**
 * Cuts by whole characters. Half a surrogate pair becomes U+FFFD and U+0000 the symbol U+2400, because neither UTF-8
 * nor the jsonb of Postgres has a place for them; every other control character stays, as its JSON escape.
 */
function cutString(value: string, path: string, cut: Set<string>, limit: number): string {
  if (value.length <= limit && value.isWellFormed() && !value.includes('\u0000')) return value
  const storable = value.toWellFormed().replaceAll('\u0000', '\u2400')
  const short = cutTo(storable, limit)
  if (short !== value) cut.add(cutTo(path, MAX_PATH))
  return short
}

function cutTo(text: string, limit: number): string {
  return text.length > limit ? text.slice(0, limit).replace(/[\ud800-\udbff]$/, '') : text
}

function byteLength(value: Json | undefined): number {
  return value === undefined ? 0 : Buffer.byteLength(canonicalJson(value), 'utf8')
}
