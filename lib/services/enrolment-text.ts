/**
 * What strangers chose, made printable at the one place where enrolment hands it to a store: names in a request may
 * hold anything, Postgres takes no U+0000, and a line end or a change of writing direction would deceive who reads on.
 */
import type { AuditEntry, AuditService, Json } from './audit'
import type { RedemptionStore, RowOutcome } from './challenge-presentation'
import type { TurnStore } from './enrolment-turns'

interface Written {
  store: TurnStore
  challenges: RedemptionStore
  audit: Pick<AuditService, 'record'>
}

/** The same stores, seen through a filter: rows and events are printable by the time they arrive. */
export function printable({ store, challenges, audit }: Written): Written {
  return {
    store: {
      begin: (attempt) => store.begin(printableAttempt(attempt)),
      takeOver: (...given) => store.takeOver(...given),
      supersede: (id) => store.supersede(id),
      delivered: (id) => store.delivered(id),
      finish: (id, row, challengeId, events) =>
        store.finish(id, printableRow(row), challengeId, events.map(printableEntry)),
      finishIssued: (...given) => store.finishIssued(...given),
      refuseAtOnce: (attempt, row, challengeId, events) =>
        store.refuseAtOnce(printableAttempt(attempt), printableRow(row), challengeId, events.map(printableEntry)),
      findForPoll: (...given) => store.findForPoll(...given),
    },
    challenges: {
      reserve: (request, reserved) =>
        challenges.reserve(request, (reservation) => printableEntry(reserved(reservation))),
      release: (request, events) =>
        challenges.release({ ...request, row: printableRow(request.row) }, (after) =>
          events(after).map(printableEntry),
        ),
      lookup: (...given) => challenges.lookup(...given),
      alarm: (second, events) =>
        challenges.alarm(
          { ...second, subject: printableText(second.subject), row: printableRow(second.row) },
          (revoked) => events(revoked).map(printableEntry),
        ),
      lookupAny: (hashes) => challenges.lookupAny(hashes),
      otherEndpoints: (...given) => challenges.otherEndpoints(...given),
    },
    audit: { record: (entry) => audit.record(printableEntry(entry)) },
  }
}

/** Control and format characters, line separators and halves of surrogate pairs show as U+FFFD. */
export function printableText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\ufffd')
}

/** Shorter ones would blot out half of a text, and guard nothing. */
const LEAST_HIDDEN = 4
const MASK = '[masked]'

/** Takes these values out of texts: as they were presented, in either case, trimmed, and made printable. */
export function masker(hidden: readonly string[]): (text: string) => string {
  const forms = new Set(hidden.flatMap((value) => [value, printableText(value)]).flatMap((form) => [form, form.trim()]))
  const masks = [...forms].filter((form) => form.length >= LEAST_HIDDEN).map(maskOf)
  return (text) => masks.reduce((shown, mask) => mask(shown), text)
}

/** A pattern is made only for a text that may have the secret in it: each would be compiled for one request. */
function maskOf(secret: string): (text: string) => string {
  const plain = ASCII.test(secret)
  const lower = secret.toLowerCase()
  let pattern: RegExp | undefined
  return (text) => {
    // Folding the case of a text does not change its length, and in ASCII it is what toLowerCase() does.
    if (text.length < secret.length) return text
    if (plain && ASCII.test(text) && !text.toLowerCase().includes(lower)) return text
    pattern ??= new RegExp(secret.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'giu')
    return text.replace(pattern, MASK)
  }
}

const ASCII = /^\p{ASCII}*$/u

function printableRow(row: RowOutcome): RowOutcome {
  return { ...row, detail: printableText(row.detail) }
}

export function printableAttempt<A extends { subject: string | null; userAgent: string | null }>(attempt: A): A {
  const { subject, userAgent } = attempt
  return {
    ...attempt,
    subject: subject === null ? null : printableText(subject),
    userAgent: userAgent === null ? null : printableText(userAgent),
  }
}

/** For what is written beside these stores while a request is served. */
export function printableEntry(entry: AuditEntry): AuditEntry {
  const { actor, object, data } = entry
  return {
    ...entry,
    actor: { ...actor, name: printableText(actor.name), userAgent: actor.userAgent && printableText(actor.userAgent) },
    object: object.name === undefined ? object : { ...object, name: printableText(object.name) },
    ...(data === undefined ? {} : { data: printableMembers(data) }),
  }
}

function printableMembers(members: { [key: string]: Json }): { [key: string]: Json } {
  return withTexts(members, printableText)
}

/** The same members, with every text in them changed, names of members too. */
export function withTexts(members: { [key: string]: Json }, change: (text: string) => string): { [key: string]: Json } {
  const changed = (value: Json): Json => {
    if (typeof value === 'string') return change(value)
    if (typeof value !== 'object' || value === null) return value
    return Array.isArray(value) ? value.map(changed) : withTexts(value, change)
  }
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [change(name), changed(value)]))
}
