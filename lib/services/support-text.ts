/**
 * One transaction as text for somebody else's support: ids, hashes, algorithms, times and reasons stay; what names a
 * person, a device or an address is replaced, equal values by equal stand-ins, so that a difference still shows.
 */
import type { Json } from './audit'
import type { FieldComparison } from './field-comparison'
import type { TransactionDetail, TransactionRecord } from './transactions'

type Shown = Omit<TransactionDetail, 'support'>

/** Facts of steps that name nobody. Numbers and yes or no stay as well; every other text is replaced. */
const HARMLESS: ReadonlySet<string> = new Set([
  'challengeId',
  'certificateId',
  'cipher',
  'client',
  'contentType',
  'digest',
  'dropped',
  'extensions',
  'failInfo',
  'httpVersion',
  'key',
  'keyTransport',
  'method',
  'oaepHash',
  'operation',
  'outcome',
  'policy',
  'reason',
  'registrationAuthority',
  'serial',
  'signature',
  'signerKey',
  'text',
  'turn',
  'userAgent',
  'verdict',
])
/** Kept for judging the request again, or shown below. */
const LEFT_OUT: ReadonlySet<string> = new Set(['request', 'differences'])
const NAMES: ReadonlySet<FieldComparison['field']> = new Set(['subject', 'san'])

export function supportText(shown: Shown, { records }: Pick<TransactionRecord, 'records'>): string {
  const standIn = standIns()
  const lines = [
    'Latchkey enrolment, names and addresses replaced',
    `id            ${shown.id}`,
    `outcome       ${shown.state}`,
    `reason        ${shown.reason ?? '-'}`,
    `cause         ${shown.cause ?? '-'}`,
    `next step     ${shown.nextStep ?? '-'}`,
    `detail        ${withoutQuotes(shown.detail)}`,
    `endpoint      ${standIn(shown.endpoint.slug)}`,
    `message type  ${shown.messageType ?? '-'}`,
    `transaction   ${shown.transactionId === '' ? '-' : shown.transactionId}`,
    `client        ${shown.client ?? '-'}`,
    `user agent    ${shown.userAgent ?? '-'}`,
    `CSR SHA-256   ${shown.csrSha256 ?? '-'}`,
    `key SHA-256   ${shown.spkiSha256 ?? '-'}`,
    `signer key    ${shown.signerSpkiSha256 ?? '-'}`,
    `challenge     ${shown.challenge ? `${shown.challenge.id} ${shown.challenge.origin} ${shown.challenge.state}` : '-'}`,
    `certificate   ${shown.certificate ? `${shown.certificate.id} ${shown.certificate.serial}` : '-'}`,
    `received      ${shown.createdAt.toISOString()}`,
    `finished      ${shown.finishedAt?.toISOString() ?? '-'}`,
  ]
  if (shown.fields.length > 0) lines.push('', 'Expected | received')
  for (const { field, expected, received, verdict } of shown.fields) {
    const written = (values: string[]) => (NAMES.has(field) ? values.map(standIn) : values).join(', ') || 'none'
    lines.push(`${field}: ${expected === null ? 'not bound' : written(expected)} | ${written(received)} | ${verdict}`)
  }
  for (const { createdAt, operation, outcome, steps } of records) {
    lines.push('', `${createdAt.toISOString()} ${operation} ${outcome}`)
    for (const { at, step, facts } of steps) {
      lines.push(`${String(at).padStart(6)} ms  ${step}  ${Object.entries(facts).flatMap(fact).join(' ')}`.trimEnd())
    }
  }
  return lines.join('\n')

  function fact([name, value]: [string, Json]): string[] {
    if (value === null || LEFT_OUT.has(name)) return []
    return [`${name}=${safe(name, value)}`]
  }

  function safe(name: string, value: Json): string {
    if (name === 'detail' && typeof value === 'string') return withoutQuotes(value)
    if (typeof value === 'string') return HARMLESS.has(name) ? value : standIn(value)
    if (Array.isArray(value)) return value.map((each) => safe(name, each)).join(',')
    if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(fact).join(',')
    return String(value)
  }
}

function standIns(): (value: string) => string {
  const known = new Map<string, string>()
  return (value) => {
    const standIn = known.get(value) ?? `[name ${known.size + 1}]`
    known.set(value, standIn)
    return standIn
  }
}

/** Names in a detail stand in quotes; whatever a name holds itself, it ends at the last one. */
function withoutQuotes(detail: string | null): string {
  return detail === null ? '-' : detail.replace(/".*"/s, '[names]')
}
