/** Which certificates a bulk revocation means: checked, in words, and how a person confirms it. */
import { Refusal } from '@/lib/errors'
import type { DryRun, Selection, SkipCause } from './bulk-revocation-types'
import { checkedFilter } from './certificate-requests'
import type { CertificateFilter, CertificateStatus } from './certificates'
import type { RevocationAction } from './revocation'

/** Ticked ones come from a page or a script; more than these are better described by a filter. */
const MOST_TICKED = 1_000
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** What may still change, by action. A hold may become a revocation; nothing else comes back. */
export const CHANGEABLE: Record<RevocationAction, readonly CertificateStatus[]> = {
  revoke: ['valid', 'expiring', 'not_yet_valid', 'held'],
  hold: ['valid', 'expiring', 'not_yet_valid'],
  release: ['held'],
}

const CAUSES: Record<CertificateStatus, SkipCause> = {
  revoked: 'already_revoked',
  issuer_revoked: 'issuer_revoked',
  held: 'on_hold',
  expired: 'expired',
  not_yet_valid: 'not_on_hold',
  expiring: 'not_on_hold',
  valid: 'not_on_hold',
}

export function skipCause(status: CertificateStatus): SkipCause {
  return CAUSES[status]
}

/** Parts what was found into what would change and what would be left out, and why. */
export function partedBy(
  action: RevocationAction,
  tally: Partial<Record<CertificateStatus, number>>,
): Pick<DryRun, 'matched' | 'affected' | 'statuses' | 'skipped'> {
  const parted: Pick<DryRun, 'matched' | 'affected' | 'statuses' | 'skipped'> = {
    matched: 0,
    affected: 0,
    statuses: {},
    skipped: {},
  }
  for (const [status, count] of Object.entries(tally) as [CertificateStatus, number][]) {
    parted.matched += count
    if (CHANGEABLE[action].includes(status)) {
      parted.affected += count
      parted.statuses[status] = count
    } else {
      const cause = skipCause(status)
      parted.skipped[cause] = (parted.skipped[cause] ?? 0) + count
    }
  }
  return parted
}

export function checkedSelection(selection: Selection): Selection {
  if ('filter' in selection) return { filter: checkedFilter(selection.filter) }
  const ids = [...new Set(selection.certificates.map((id) => id.toLowerCase()))]
  if (ids.length === 0) throw refused('Tick at least one certificate.')
  if (ids.length > MOST_TICKED) throw refused(`Tick at most ${MOST_TICKED} certificates, or describe them by a filter.`)
  if (!ids.every((id) => UUID.test(id))) throw refused('Certificates are named by their ids here.')
  return { certificates: ids }
}

export function describe(selection: Selection, names: { group: string | null; issuer: string | null }): string {
  const within = selection.groups === undefined ? '' : `, within ${selection.groups.join(', ') || 'no group'}`
  if ('certificates' in selection) {
    const count = selection.certificates.length
    return count === 1 ? 'one certificate' : `${count} ticked certificates`
  }
  const { group, issuer, endpoint, status, subject, search, issuance, deviceId, ...times } = selection.filter
  const parts = [
    ...(subject === undefined ? [] : [`of the device ${subject}`]),
    ...(deviceId === undefined ? [] : [`of the device with the id ${deviceId}`]),
    ...(group === undefined ? [] : [`of the group ${names.group ?? group}`]),
    ...(issuer === undefined ? [] : [`of the issuer ${names.issuer ?? issuer}`]),
    ...(endpoint === undefined ? [] : [`of the endpoint ${endpoint}`]),
    ...(search === undefined ? [] : [`that match "${search}"`]),
    ...spanInWords('that end', times.endsFrom, times.endsTo),
    ...spanInWords('issued', times.issuedFrom, times.issuedTo),
    ...(status === undefined ? [] : [`with the status ${status.replaceAll('_', ' ')}`]),
    ...(issuance === undefined
      ? []
      : [issuance === 'first' ? 'that are the first of their line' : 'that are renewals']),
  ]
  return ['all certificates', ...parts].join(' ') + within
}

function spanInWords(what: string, from: string | undefined, to: string | undefined): string[] {
  if (from === undefined && to === undefined) return []
  return [[what, ...(from === undefined ? [] : [`from ${from}`]), ...(to === undefined ? [] : [`to ${to}`])].join(' ')]
}

/** A group or an issuer as a whole is confirmed by its name; everything else by the number. */
export function toBeTyped(
  selection: Selection,
  names: { group: string | null; issuer: string | null },
  affected: number,
): string {
  const only = 'filter' in selection ? onlyMember(selection.filter) : null
  return (only === 'group' ? names.group : only === 'issuer' ? names.issuer : null) ?? String(affected)
}

/** Numbers are typed as people read them: 12,431, 12.431 and 12 431 are one. */
export function isTyped(typed: string, expected: string): boolean {
  const plain = typed.normalize('NFC').trim()
  if (plain === expected.normalize('NFC').trim()) return true
  return /^\d+$/.test(expected) && plain.replace(/[\s.,'\u2019_]/g, '') === expected
}

function onlyMember(filter: CertificateFilter): string | null {
  const members = Object.keys(filter)
  return members.length === 1 ? (members[0] ?? null) : null
}

function refused(sentence: string): Refusal {
  return new Refusal('invalid_input', sentence, { reason: 'invalid_selection', fields: { selection: sentence } })
}
