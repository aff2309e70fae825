/** Issued certificates: finding and reading them; what ends them is in revocation.ts. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEventView } from './audit'
import type { LineMember, LineRow } from './certificate-line'
import { checkedFilter, keyOf } from './certificate-requests'
import { certificateDetail, certificateSummary, EXPIRING_MS } from './certificate-view'
import type { SubjectAlternativeName } from './challenges'
import {
  type CountRequest,
  countRows,
  type Keyset,
  type ListPage,
  type ListRequest,
  type Matches,
  readPage,
  type Sorting,
} from './listing'
import { authoriseInGroups, inGroups, type Reach, reachOf } from './permissions'
import { createRevocation, type RevocationAction, type RevocationRequest, type RevocationStore } from './revocation'

/** RFC 5280 §5.3.1, without those that do not apply to a device. */
export type RevocationReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'cACompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'certificateHold'
  | 'privilegeWithdrawn'
  | 'aACompromise'

/** What a certificate is worth now. */
export type CertificateStatus =
  | 'valid'
  | 'expiring'
  | 'expired'
  | 'revoked'
  | 'held'
  | 'issuer_revoked'
  | 'not_yet_valid'

/** What made it so. */
export interface StatusCause {
  /** Its own revocation, that of its issuer, or its time. */
  decidedBy: 'revocation' | 'issuer' | 'validity'
  /** Since when; for one that is valid, until when. */
  at: Date
  reason: RevocationReason | null
  /** Who or what revoked it. */
  by: string | null
  sentence: string
}

export interface CertificateSummary {
  id: string
  serial: string
  subject: string
  commonName: string | null
  san: SubjectAlternativeName[]
  status: CertificateStatus
  statusCause: StatusCause
  group: { slug: string; name: string } | null
  endpoint: { slug: string; name: string } | null
  issuer: { slug: string; name: string }
  keyAlgorithm: string
  notBefore: Date
  notAfter: Date
  issuedAt: Date
  revokedAt: Date | null
  revocationReason: RevocationReason | null
  revokedBy: string | null
  /** Since when its key must be taken for compromised; null when nobody said. */
  invalidityDate: Date | null
  fingerprintSha256: string
}

export interface CertificateDetail extends CertificateSummary {
  kind: 'root' | 'issuer' | 'ra' | 'ocsp' | 'profile' | 'leaf'
  fingerprintSha1: string
  publicKey: { algorithm: string; size: string; spkiSha256: string }
  signatureAlgorithm: string
  /** As openssl -text would say it: name, criticality, readable value lines. */
  extensions: { oid: string; name: string; critical: boolean; lines: string[] }[]
  pem: string
  chainPem: string
  challenge: { id: string; mintedBy: string; createdAt: Date } | null
  transaction: { id: string; sourceIp: string | null; userAgent: string | null; at: Date } | null
  revocationComment: string | null
  /** When it will be revoked, held or released, if that was scheduled; the earliest. */
  scheduled: { bulkId: string; action: RevocationAction; startsAt: Date } | null
  /** The certificate whose holder asked for this one. */
  renews: LineMember | null
  /** The one that took over. */
  renewedBy: LineMember | null
  /** Every certificate that came of the first one by renewal, oldest first, itself included; empty while it is alone. */
  lineage: LineMember[]
  /** When it is revoked as superseded, unless somebody revokes it before. */
  supersedeAt: Date | null
  /** Of its endpoint, when it was drawn up; null for what no endpoint issued and from before versions were kept. */
  policyVersion: number | null
  history: AuditEventView[]
}

export interface CertificateFilter {
  group?: string
  endpoint?: string
  /** Slug of the authority that signed it. */
  issuer?: string
  status?: CertificateStatus
  /** Serial, fingerprint, common name, subject or SAN; from three characters. */
  search?: string
  /** The whole subject. */
  subject?: string
  /** The first one of a line, or one that took over from another. */
  issuance?: 'first' | 'renewal'
  /** Id or serial of any certificate of a line: the whole line. */
  line?: string
  /** Id of a device that an MDM knows. */
  deviceId?: string
  /** What bounds its end and its issuance: days in UTC or moments, as time-bounds.ts reads them. */
  endsFrom?: string
  endsTo?: string
  issuedFrom?: string
  issuedTo?: string
}

/** What a list can be asked besides, and a revocation in bulk cannot. */
export interface CertificateListFilter extends CertificateFilter {
  /** Whether it holds now, soon to end or not. */
  current?: boolean
  /** Whether another one took over from it. */
  renewed?: boolean
}

export type CertificateSort = 'issued' | 'name' | 'ends' | 'serial'

export interface CertificatesService {
  /** Leaves only, newest first unless another order is asked for. */
  list(
    actor: Actor,
    filter: CertificateListFilter,
    page: ListRequest<CertificateSort>,
  ): Promise<ListPage<CertificateSummary>>
  /** How many the list has, or how many came since then. */
  matching(actor: Actor, filter: CertificateListFilter, since?: Date): Promise<Matches>
  /** By row id or serial. */
  get(actor: Actor, idOrSerial: string): Promise<CertificateDetail>
  /** Bytes for download. */
  der(actor: Actor, idOrSerial: string): Promise<{ der: Uint8Array; serial: string }>
  /** Marks, records and makes a CRL due, in one transaction. Refusals: not_found, conflict (already revoked, or no leaf). */
  revoke(actor: Actor, idOrSerial: string, request: RevocationRequest): Promise<CertificateSummary>
  /** Ends a hold. Refusals: not_found, conflict (not on hold: whatever else was revoked stays so). */
  release(actor: Actor, idOrSerial: string, request: { comment?: string }): Promise<CertificateSummary>
  counts(actor: Actor): Promise<{
    total: number
    valid: number
    expiring: number
    expired: number
    revoked: number
    last24h: number
    refused24h: number
    pendingChallenges: number
  }>
}

/** An issued certificate with everything its page shows. */
export interface CertificateRecord {
  id: string
  kind: CertificateDetail['kind']
  serial: string
  subject: string
  commonName: string | null
  san: SubjectAlternativeName[]
  group: { slug: string; name: string } | null
  endpoint: { slug: string; name: string } | null
  issuer: { slug: string; name: string }
  keyAlgorithm: string
  notBefore: Date
  notAfter: Date
  issuedAt: Date
  createdAt: Date
  revokedAt: Date | null
  revocationReason: RevocationReason | null
  revokedBy: string | null
  revocationComment: string | null
  invalidityDate: Date | null
  /** Of the certificate of its issuer; null while that counts. */
  issuerRevocation: IssuerRevocation | null
  fingerprintSha256: string
  der: Uint8Array
  /** Issuer and root, or less for those. */
  chain: Uint8Array[]
  challenge: CertificateDetail['challenge']
  transaction: CertificateDetail['transaction']
  renewsCertificateId: string | null
  /** The first one of its line; null while nothing was renewed. */
  lineageId: string | null
  supersedeAt: Date | null
  scheduled: CertificateDetail['scheduled']
  /** Of its endpoint, when it was drawn up; null for what no endpoint issued and from before versions were kept. */
  policyVersion: number | null
}

export interface IssuerRevocation {
  at: Date
  reason: RevocationReason
  by: string
}

export type CertificateListRow = Omit<
  CertificateRecord,
  | 'der'
  | 'chain'
  | 'challenge'
  | 'transaction'
  | 'renewsCertificateId'
  | 'lineageId'
  | 'supersedeAt'
  | 'scheduled'
  | 'policyVersion'
>

export interface CertificateStore extends RevocationStore {
  /** Issued leaves. A line is named by its first certificate's id. */
  list(
    filter: CertificateListFilter & Reach,
    page: Keyset<CertificateSort> & { now: Date; expiringBefore: Date },
  ): Promise<CertificateListRow[]>
  count(
    filter: CertificateListFilter & Reach,
    request: CountRequest & { now: Date; expiringBefore: Date },
  ): Promise<number>
  /** Issued certificates of any kind with this id or serial: two when a serial is ambiguous across issuers. */
  find(key: { id: string } | { serial: string }): Promise<CertificateRecord[]>
  /** Issued certificates of one line, oldest first: its first one and all that came of it. */
  line(firstId: string, limit: number): Promise<LineRow[]>
  /** The trail of these objects, newest first. */
  history(objectIds: string[], limit: number): Promise<AuditEventView[]>
  counts(now: Date, expiringBefore: Date, reach: Reach): ReturnType<CertificatesService['counts']>
}

export interface CertificatesDeps {
  store: CertificateStore
  clock: () => Date
  /** Told after a revocation, so that the CRL need not wait for the next look. */
  onCrlDue?: () => void
}

const SORTING: Sorting<CertificateListRow, CertificateSort> = {
  usual: 'issued',
  columns: {
    issued: { kind: 'moment', order: 'desc', of: ({ createdAt }) => createdAt },
    name: { kind: 'text', order: 'asc', of: ({ subject }) => subject },
    ends: { kind: 'moment', order: 'asc', of: ({ notAfter }) => notAfter },
    serial: { kind: 'text', order: 'asc', of: ({ serial }) => serial },
  },
  idOf: ({ id }) => id,
}
const HISTORY = 200
/** Renewals of one device: more are not shown. */
const LINE = 100

export function createCertificates({ store, clock, onCrlDue = () => {} }: CertificatesDeps): CertificatesService {
  async function list(actor: Actor, asked: CertificateListFilter, request: ListRequest<CertificateSort>) {
    const filter = await meant(actor, asked)
    const now = clock()
    const page = await readPage(request, SORTING, async (keyset) =>
      filter === null ? [] : store.list(filter, { ...keyset, now, expiringBefore: expiringBefore(now) }),
    )
    return { ...page, items: page.items.map((row) => certificateSummary(row, now)) }
  }

  async function matching(actor: Actor, asked: CertificateListFilter, since?: Date) {
    const filter = await meant(actor, asked)
    const now = clock()
    return countRows(
      async (request) =>
        filter === null ? 0 : store.count(filter, { ...request, now, expiringBefore: expiringBefore(now) }),
      since,
    )
  }

  /** The one place that says what this actor's filter means, for the list and for its count. Null when it means nothing. */
  async function meant(actor: Actor, filter: CertificateListFilter): Promise<(CertificateListFilter & Reach) | null> {
    authoriseInGroups(actor, 'certificate:read')
    const line = await firstOfLine(actor, filter.line)
    return line === null ? null : { ...checkedFilter(filter), ...line, ...reachOf(actor) }
  }

  /** Null when there is no such line. */
  async function firstOfLine(
    actor: Actor,
    idOrSerial: string | undefined,
  ): Promise<Pick<CertificateFilter, 'line'> | null> {
    if (idOrSerial === undefined) return {}
    const [record, another] = await within(actor, idOrSerial)
    return record === undefined || another ? null : { line: record.lineageId ?? record.id }
  }

  async function get(actor: Actor, idOrSerial: string) {
    authoriseInGroups(actor, 'certificate:read')
    const record = await one(actor, idOrSerial)
    const objects = record.challenge ? [record.id, record.challenge.id] : [record.id]
    const [events, line] = await Promise.all([
      store.history(objects, HISTORY),
      store.line(record.lineageId ?? record.id, LINE),
    ])
    // Where else its challenge was presented may be at a group that is not the actor's.
    const history = events.filter(({ reason }) => actor.groups === undefined || reason !== 'challenge_other_endpoint')
    return certificateDetail(record, { history, line }, clock())
  }

  /** One of a group that is not the actor's is none; so is one of no group. */
  async function within(actor: Actor, idOrSerial: string): Promise<CertificateRecord[]> {
    const found = await store.find(keyOf(idOrSerial))
    return actor.groups === undefined
      ? found
      : found.filter(({ group }) => group !== null && inGroups(actor, group.slug))
  }

  async function one(actor: Actor, idOrSerial: string): Promise<CertificateRecord> {
    const [record, another] = await within(actor, idOrSerial)
    if (record === undefined)
      throw new Refusal('not_found', 'There is no such certificate.', { reason: 'certificate_unknown' })
    if (another)
      throw new Refusal('conflict', 'Several issuers use this serial number. Use the id instead.', {
        reason: 'ambiguous_serial',
      })
    return record
  }

  return {
    list,
    matching,
    get,
    ...createRevocation({ store, clock, onCrlDue, one }),
    async der(actor, idOrSerial) {
      authoriseInGroups(actor, 'certificate:read')
      const { der, serial } = await one(actor, idOrSerial)
      return { der, serial }
    },
    async counts(actor) {
      authoriseInGroups(actor, 'overview:read')
      const now = clock()
      return store.counts(now, expiringBefore(now), reachOf(actor))
    },
  }
}

function expiringBefore(now: Date): Date {
  return new Date(now.getTime() + EXPIRING_MS)
}
