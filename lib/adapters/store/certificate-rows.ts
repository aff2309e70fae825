/** Writing intents and reading authorities: what several stores of this folder share. */

import type { AuthorityRecord } from '@/lib/services/authorities'
import type { NewAuthority, NewRegistrationAuthority } from '@/lib/services/authority-plan'
import type { CertificateIntent } from '@/lib/services/certificate-intent'
import type { KeyAlgorithm } from '@/lib/services/signer'
import type { Database, Transaction } from './database'
import { Prisma } from './generated/client'

/** Prisma wants bytes over an ArrayBuffer of their own. */
export function bytes(value: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(value)
}

export async function insertIntent(transaction: Transaction, intent: CertificateIntent): Promise<void> {
  await transaction.certificate.create({
    data: {
      id: intent.id,
      kind: intent.kind,
      authorityId: intent.authorityId,
      groupId: intent.groupId,
      endpointId: intent.endpointId,
      serial: intent.serial,
      tbs: bytes(intent.tbs),
      tbsSha256: bytes(intent.tbsSha256),
      subject: intent.subject,
      subjectDer: bytes(intent.subjectDer),
      commonName: intent.commonName,
      sans: intent.sans.map(({ type, value }) => ({ type, value })),
      keyAlgorithm: intent.keyAlgorithm,
      spkiSha256: bytes(intent.spkiSha256),
      notBefore: intent.notBefore,
      notAfter: intent.notAfter,
      createdAt: intent.createdAt,
    },
    select: { id: true },
  })
}

export async function insertAuthority(
  transaction: Transaction,
  { crlShard, ...authority }: NewAuthority,
): Promise<void> {
  await transaction.authority.create({
    data: {
      ...authority,
      subjectDer: bytes(authority.subjectDer),
      subjectKeyId: bytes(authority.subjectKeyId),
      crlShard: crlShard?.number ?? null,
      ...(crlShard === undefined
        ? {}
        : { crlShards: { create: { ...crlShard, openedAt: authority.createdAt, countedUntil: authority.createdAt } } }),
    },
    select: { id: true },
  })
}

/**
 * Whether the issuer still is what somebody drew up a certificate for, and then it stays so until the transaction ends: a
 * rollover that would change it waits (see activate() in rollover.ts).
 */
/**
 * Whoever stages an issuer and whoever sets an endpoint of the group come one after the other: each looks at what the other
 * may not contradict. Foreign keys to the group go on.
 */
export async function holdGroup(transaction: Transaction, groupId: string): Promise<{ retired: boolean }> {
  const [group] = await transaction.$queryRaw<{ retired: boolean }[]>`
    select retired_at is not null as retired from "group" where id = ${groupId}::uuid for no key update`
  return { retired: group?.retired ?? false }
}

export async function holdIssuer(
  transaction: Transaction,
  authorityId: string,
  status: 'active' | 'staged',
): Promise<boolean> {
  const rows = await transaction.$queryRaw<unknown[]>`
    select from authority where id = ${authorityId}::uuid and status = ${status} for share`
  return rows.length === 1
}

export async function insertRegistrationAuthority(
  transaction: Transaction,
  row: NewRegistrationAuthority,
): Promise<void> {
  await transaction.registrationAuthority.create({ data: row, select: { id: true } })
}

/**
 * In one order, so that two who revoke at once never wait for each other. It always moves, even within one millisecond: a
 * CRL under construction must not take it for the one it knows.
 */
export async function makeCrlsDue(transaction: Transaction, authorityIds: string[], at: Date): Promise<void> {
  for (const id of [...new Set(authorityIds)].sort())
    await transaction.$executeRaw`
      update authority set crl_due_since = greatest(${at}, crl_due_since + interval '1 millisecond') where id = ${id}::uuid`
}

export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'
}

interface AuthorityRow {
  id: string
  kind: 'root' | 'issuer'
  slug: string
  name: string
  parent_id: string | null
  group_id: string | null
  key_id: string | null
  offline_key_id: string | null
  origin: string
  key_algorithm: string
  subject_der: Uint8Array
  subject_key_id: Uint8Array
  certificate_id: string
  certificate_der: Uint8Array | null
  status: string
  not_before: Date
  not_after: Date
  created_at: Date
  activates_at: Date | null
  replaces_id: string | null
  crl_due_since: Date | null
  crl_number: bigint | null
  crl_this_update: Date | null
  crl_next_update: Date | null
  crl_entries: number | null
  responder_certificate_id: string | null
  responder_not_before: Date
  responder_not_after: Date
}

/** The one that issues; while none does, the one that was revoked last and waits for its successor. */
export function presentIssuer(issuers: AuthorityRecord[]): AuthorityRecord | null {
  const [lastRevoked = null] = issuers
    .filter(({ status }) => status === 'revoked')
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
  return issuers.find(({ status }) => status === 'active') ?? lastRevoked
}

/** Authorities with their newest CRL, root first, then by name. */
export async function readAuthorities(
  database: Database,
  condition: Prisma.Sql = Prisma.sql`true`,
): Promise<AuthorityRecord[]> {
  const rows = await database.$queryRaw<AuthorityRow[]>`
    select a.id, a.kind, a.slug, a.name, a.parent_id, a.group_id, a.key_id, a.offline_key_id, a.origin, a.key_algorithm, a.subject_der,
      a.subject_key_id,
           a.certificate_id, a.certificate_der, a.status, a.not_before, a.not_after, a.created_at, a.activates_at, a.replaces_id,
           a.crl_due_since, c.number as crl_number, c.this_update as crl_this_update, c.next_update as crl_next_update,
             c.entries as crl_entries,
           w.certificate_id as responder_certificate_id, w.not_before as responder_not_before,
             w.not_after as responder_not_after
    from authority a
    left join lateral (
      select number, this_update, next_update, entries from crl where authority_id = a.id and shard = 0 order by number desc limit 1
    ) c on true
    left join lateral (
      select certificate_id, not_before, not_after from ocsp_responder
      where authority_id = a.id and certificate_der is not null order by not_after desc limit 1
    ) w on true
    where ${condition}
    order by a.kind, lower(a.name), a.id`
  return rows.map(authorityRecord)
}

function authorityRecord(row: AuthorityRow): AuthorityRecord {
  const { crl_number: number, crl_this_update: thisUpdate, crl_next_update: nextUpdate, crl_entries: entries } = row
  return {
    id: row.id,
    kind: row.kind,
    slug: row.slug,
    name: row.name,
    parentId: row.parent_id,
    groupId: row.group_id,
    keyId: row.key_id,
    offlineKeyId: row.offline_key_id,
    origin: row.origin as AuthorityRecord['origin'],
    keyAlgorithm: row.key_algorithm as KeyAlgorithm,
    subjectDer: row.subject_der,
    subjectKeyId: row.subject_key_id,
    certificateId: row.certificate_id,
    certificateDer: row.certificate_der,
    status: row.status as AuthorityRecord['status'],
    notBefore: row.not_before,
    notAfter: row.not_after,
    createdAt: row.created_at,
    activatesAt: row.activates_at,
    replacesId: row.replaces_id,
    crlDueSince: row.crl_due_since,
    crl:
      number === null || !thisUpdate || !nextUpdate || entries === null
        ? null
        : { number, thisUpdate, nextUpdate, entries },
    ocspResponder:
      row.responder_certificate_id === null
        ? null
        : {
            certificateId: row.responder_certificate_id,
            notBefore: row.responder_not_before,
            notAfter: row.responder_not_after,
          },
  }
}
