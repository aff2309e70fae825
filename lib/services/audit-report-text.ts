/** The words of an audit report. Every moment in it is in UTC, for its readers live in many zones. */
import type { AuditEventView } from './audit'
import { AUDIT_TYPES } from './audit-catalogue'
import type { ReportedEvents, ReportFacts, TypeCount } from './audit-report'
import { changedFields } from './change-diff'
import { ENROLMENT_CAUSES } from './enrolment-refusals'
import type { ReportBlock, ReportDocument } from './report-document'

export function reportBlocks(facts: ReportFacts): ReportDocument {
  const { counts, organisation, period } = facts
  const events = sum(counts)
  const lastDay = new Date(period.to.getTime() - 1)
  return {
    title: `Audit report of ${organisation}`,
    subtitle: `${day(period.from)} to ${day(lastDay)}, both days included, in UTC`,
    events,
    blocks: [
      {
        kind: 'facts',
        facts: [
          { name: 'Made', value: `${moment(facts.madeAt)} by ${facts.madeBy}` },
          { name: 'Events in the period', value: number(events) },
        ],
      },
      ...outOfOrder(facts),
      ...summary(counts),
      ...listing('Changes of certificate authorities and keys', facts.authorities, false),
      ...listing('Changes of policies and settings', facts.policies, true),
      ...listing('People, roles and API keys', facts.people, true),
      ...listing('Exceptions', facts.exceptions, false),
      ...whoActed(facts),
      ...everyType(counts),
      ...proof(facts),
    ],
  }
}

function outOfOrder({ inOrder }: ReportFacts): ReportBlock[] {
  if (inOrder) return []
  return [
    {
      kind: 'paragraph',
      text: 'The rows of this period do not stand in the order of their times: the clock of the database was set back, or rows were written with other times than those of their writing. The time of an event decides whether it belongs to this report; the lists below are in the order of the rows.',
    },
  ]
}

/** Of each kind of refusal, whose event its cause decides; what was only denied by people or not decided in time is told by another. */
const REFUSALS: ReadonlySet<string> = new Set([
  ...Object.values(ENROLMENT_CAUSES).map(({ event }) => `${event} denied`),
  'approval.denied success',
  'approval.expired success',
])

function summary(counts: TypeCount[]): ReportBlock[] {
  const of = (...types: string[]) => number(sum(counts.filter(({ type }) => types.includes(type))))
  const rows = [
    ['Certificates issued', of('certificate.issued')],
    ['Issuances that failed', of('certificate.issue_failed')],
    ['Certificates revoked', of('certificate.revoked')],
    ['Certificates put on hold', of('certificate.hold_set')],
    ['Challenges minted', of('challenge.minted')],
    ['Challenges that did not fit their request, or came again', of('challenge.mismatch', 'challenge.replayed')],
    ['Enrolments refused', number(sum(counts.filter(({ type, outcome }) => REFUSALS.has(`${type} ${outcome}`))))],
    ['Requests approved', of('approval.approved')],
    ['Requests denied', of('approval.denied')],
    ['Revocation lists published', of('crl.published')],
    ['Sign-ins', of('authn.login.succeeded')],
    ['Sign-ins that failed', of('authn.login.failed')],
    ['Accesses denied', of('authz.denied')],
  ]
  const outcomes = ['success', 'failure', 'denied', 'error', 'pending'].map((outcome) => [
    `Outcome: ${outcome}`,
    number(sum(counts.filter((each) => each.outcome === outcome))),
  ])
  const heads = [
    { text: 'What', width: 75 },
    { text: 'Events', width: 25, number: true },
  ]
  return [
    { kind: 'heading', text: 'In numbers' },
    { kind: 'table', caption: 'Events of the period', heads, rows: [...rows, ...outcomes], empty: '' },
  ]
}

function listing(title: string, { events, more }: ReportedEvents, withChange: boolean): ReportBlock[] {
  const heads = [
    { text: 'Time (UTC)', width: 18 },
    { text: 'What happened', width: withChange ? 37 : 62 },
    ...(withChange ? [{ text: 'Change', width: 30 }] : []),
    { text: 'From', width: withChange ? 15 : 20 },
  ]
  const row = (event: AuditEventView) => [
    moment(event.time),
    event.sentence,
    ...(withChange ? [changeText(event)] : []),
    event.source.ip ?? 'this machine',
  ]
  const caption = `${number(events.length)} ${events.length === 1 ? 'event' : 'events'}`
  return [
    { kind: 'heading', text: title },
    { kind: 'table', caption, heads, rows: events.map(row), empty: 'None in this period.' },
    ...(more
      ? [
          {
            kind: 'paragraph' as const,
            text: `There are more than these ${events.length}; the trail itself has them all.`,
          },
        ]
      : []),
  ]
}

function changeText({ change }: AuditEventView): string {
  if (!change) return ''
  return changedFields(change)
    .map(({ field, before, after }) =>
      before === '' && after === ''
        ? `${field}: changed, its value is not on record`
        : `${field}: ${short(before) || 'nothing'} \u2192 ${short(after) || 'nothing'}`,
    )
    .join('; ')
}

function whoActed({ actors }: ReportFacts): ReportBlock[] {
  const heads = [
    { text: 'Who', width: 75 },
    { text: 'Events', width: 25, number: true },
  ]
  const rows = actors.map(({ name, count }) => [name, number(count)])
  return [
    { kind: 'heading', text: 'Who acted' },
    { kind: 'table', caption: 'People and API keys, the busiest first', heads, rows, empty: 'Nobody by name.' },
  ]
}

function everyType(counts: TypeCount[]): ReportBlock[] {
  const heads = [
    { text: 'Event', width: 40 },
    { text: 'Type', width: 36 },
    { text: 'Outcome', width: 12 },
    { text: 'Events', width: 12, number: true },
  ]
  const title = (type: string) => (AUDIT_TYPES as Record<string, { title: string } | undefined>)[type]?.title ?? type
  const rows = counts.map(({ type, outcome, count }) => [title(type), type, outcome, number(count)])
  return [
    { kind: 'heading', text: 'Every kind of event' },
    { kind: 'table', caption: 'By type and outcome', heads, rows, empty: 'Nothing happened.' },
  ]
}

function proof({ counts, first, last, head, proof, lastVerification }: ReportFacts): ReportBlock[] {
  const place = (event: AuditEventView | null) => (event ? `event ${event.seq}, ${moment(event.time)}` : 'none')
  const recomputed = (rows: number) =>
    rows === sum(counts)
      ? `All ${number(rows)} events of the period were`
      : `All ${number(rows)} rows from ${first?.seq} to ${last?.seq} were`
  const verified =
    proof.kind === 'holds'
      ? proof.rows === 0
        ? 'There was nothing to recompute.'
        : `${recomputed(proof.rows)} recomputed as this report was made: each follows from the one before it, and none is missing.`
      : proof.kind === 'broken'
        ? `THE CHAIN IS BROKEN in this period. ${proof.problem}`
        : 'There are too many rows from the first to the last of the period to recompute them for a report; verify the whole chain on the audit page or by the command line.'
  const earlier = lastVerification
    ? `The whole chain was last verified ${moment(lastVerification.at)} by ${lastVerification.by}, up to event ${lastVerification.to}: ${lastVerification.ok ? 'it held' : 'IT WAS BROKEN'}.`
    : 'Nobody has verified the whole chain yet.'
  return [
    { kind: 'heading', text: 'The chain' },
    {
      kind: 'paragraph',
      text: 'Every event carries a hash made from its own bytes and the hash of the event before it. Whoever keeps the hashes below can later prove that nothing up to there was changed, removed or put in.',
    },
    { kind: 'paragraph', text: verified },
    { kind: 'paragraph', text: earlier },
    {
      kind: 'facts',
      facts: [
        { name: 'First of the period', value: place(first) },
        ...(first ? [{ name: 'Its hash', value: first.chain, exact: true }] : []),
        { name: 'Last of the period', value: place(last) },
        ...(last ? [{ name: 'Its hash', value: last.chain, exact: true }] : []),
        { name: 'Head of the chain', value: `event ${head.seq}, as this report was made` },
        { name: 'Its hash', value: head.chain, exact: true },
      ],
    },
  ]
}

function sum(counts: TypeCount[]): number {
  return counts.reduce((total, { count }) => total + count, 0)
}

const number = (value: number) => value.toLocaleString('en-GB')
const day = (at: Date) => at.toISOString().slice(0, 10)
const moment = (at: Date) => at.toISOString().slice(0, 19).replace('T', ' ')
const short = (text: string) => (text.length > 120 ? `${text.slice(0, 117)}...` : text)
