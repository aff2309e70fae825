/** Reading requests that people decide about: the queue, one of them with its decisions, and what its device did before. */
import type {
  ApprovalDetail,
  ApprovalFilter,
  ApprovalSort,
  ApprovalState,
  ApprovalStore,
  ApprovedRequest,
  DecisionView,
  RequestedFields,
} from '@/lib/services/approval-types'
import type { SubjectAlternativeName } from '@/lib/services/challenges'
import type { CountRequest, Keyset } from '@/lib/services/listing'
import type { CertificateRules } from '@/lib/services/narrowing'
import type { Reach } from '@/lib/services/permissions'
import { transactionIdText } from '@/lib/services/scep-exchange'
import type { Database } from './database'
import { Prisma } from './generated/client'
import { inReach } from './reach'
import { anywhere, boundedCount, type SortedBy, sortedPage } from './sorted-pages'
import { isQuestion } from './transactions'

type Read = NonNullable<Awaited<ReturnType<ApprovalStore['get']>>>

interface Row {
  id: string
  state: ApprovalState
  endpoint_slug: string
  endpoint_name: string
  group_slug: string
  group_name: string
  subject: string
  sans: SubjectAlternativeName[]
  requested: RequestedFields & { key: string }
  spki_sha256: Uint8Array
  transaction_id: Uint8Array
  source_ip: string | null
  user_agent: string | null
  created_at: Date
  expires_at: Date
  decided_at: Date | null
  required: number
  validity_days: number
  reason: string | null
  certificate_id: string | null
  serial: string | null
  renews_id: string | null
  renews_serial: string | null
  decisions: { name: string; approves: boolean; comment: string | null; at: string }[]
}

const effective = Prisma.sql`(case when a.state = 'open' and a.expires_at <= now() then 'expired' else a.state end)`
const decisions = Prisma.sql`coalesce((select json_agg(json_build_object('name', d.name, 'approves', d.approves, 'comment', d.comment,
  'at', to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by d.created_at)
  from approval_decision d where d.enrolment_transaction_id = a.enrolment_transaction_id), '[]'::json)`

export async function readApprovals(
  database: Database,
  filter: ApprovalFilter & Reach,
  keyset: Keyset<ApprovalSort>,
): Promise<Read[]> {
  const { beyond, ordered } = sortedPage(keyset, SORTED, Prisma.sql`a.enrolment_transaction_id`)
  const rows = await readRows(database, Prisma.sql`${conditionOf(filter)} and ${beyond} ${ordered}`)
  return rows.map(approvalOf)
}

export async function countApprovals(
  database: Database,
  filter: ApprovalFilter & Reach,
  { most, since }: CountRequest,
): Promise<number> {
  const newer = since === undefined ? Prisma.sql`true` : Prisma.sql`a.created_at > ${since}`
  const rows = Prisma.sql`1 from ${QUEUE} where ${conditionOf(filter)} and ${newer}`
  const [row] = await database.$queryRaw<{ count: number }[]>(boundedCount(rows, { most }))
  return row?.count ?? 0
}

const QUEUE = Prisma.sql`approval_request a join endpoint e on e.id = a.endpoint_id join "group" g on g.id = e.group_id
  join enrolment_transaction t on t.id = a.enrolment_transaction_id`

export async function readUndecided(
  database: Database,
  filter: ApprovalFilter & Reach,
  { by, before, limit }: { by: string; before: Date; limit: number },
): Promise<string[]> {
  const rows = await database.$queryRaw<{ id: string }[]>`
    select t.id from ${QUEUE} where ${undecidedBy(by, filter)} and a.created_at <= ${before}
    order by a.created_at, a.enrolment_transaction_id limit ${limit}`
  return rows.map(({ id }) => id)
}

export async function countUndecided(
  database: Database,
  filter: ApprovalFilter & Reach,
  by: string,
  most: number,
): Promise<number> {
  const rows = Prisma.sql`1 from ${QUEUE} where ${undecidedBy(by, filter)}`
  const [row] = await database.$queryRaw<{ count: number }[]>(boundedCount(rows, { most }))
  return row?.count ?? 0
}

/** Whatever state the filter asks for, only what is open can be decided. */
function undecidedBy(by: string, filter: ApprovalFilter & Reach): Prisma.Sql {
  return Prisma.sql`a.state = 'open' and a.expires_at > now() and ${conditionOf(filter)} and not exists (
    select from approval_decision d where d.enrolment_transaction_id = a.enrolment_transaction_id and d.decided_by = ${by})`
}

const SORTED: Readonly<Record<ApprovalSort, SortedBy>> = {
  asked: { by: Prisma.sql`a.created_at`, type: 'timestamptz' },
  ends: { by: Prisma.sql`a.expires_at`, type: 'timestamptz' },
  name: { by: Prisma.sql`coalesce(t.subject, '')`, type: 'text' },
}

function conditionOf({ state, endpoint, search, groups }: ApprovalFilter & Reach): Prisma.Sql {
  const conditions = [
    inReach(Prisma.sql`g.slug`, groups),
    ...(state === undefined ? [] : [Prisma.sql`${effective} = ${state}`]),
    ...(endpoint === undefined ? [] : [Prisma.sql`e.slug = ${endpoint}`]),
    ...(search === undefined ? [] : [Prisma.sql`t.subject ilike ${anywhere(search)}`]),
  ]
  return Prisma.join(conditions, ' and ')
}

export async function readApproval(database: Database, id: string): Promise<Read | null> {
  const [row] = await readRows(database, Prisma.sql`t.id = ${id}::uuid`)
  return row === undefined ? null : approvalOf(row)
}

export async function readApproved(database: Database, id: string): Promise<ApprovedRequest | null> {
  const [row] = await database.$queryRaw<
    (Pick<Row, 'id' | 'subject' | 'sans' | 'spki_sha256' | 'transaction_id' | 'source_ip' | 'decisions'> & {
      endpoint_id: string
      endpoint_slug: string
      group_slug: string
      csr_sha256: Uint8Array
      spki: Uint8Array
      subject_der: Uint8Array
      rules: CertificateRules
      renews_id: string | null
      lineage_id: string | null
    })[]
  >`
    select t.id, coalesce(t.subject, '') as subject, a.sans, a.spki, a.subject_der, t.csr_sha256, t.spki_sha256, t.transaction_id, t.source_ip,
      e.id as endpoint_id, e.slug as endpoint_slug, g.slug as group_slug, a.rules, o.id as renews_id,
      coalesce(o.lineage_id, o.id) as lineage_id, ${decisions} as decisions
    from approval_request a join enrolment_transaction t on t.id = a.enrolment_transaction_id
    join endpoint e on e.id = a.endpoint_id join "group" g on g.id = e.group_id
    left join certificate o on o.id = a.renews_certificate_id
    where t.id = ${id}::uuid and a.state = 'approved' and t.state in ('received', 'failed')`
  if (row === undefined) return null
  return {
    id: row.id,
    endpoint: { id: row.endpoint_id, slug: row.endpoint_slug, groupSlug: row.group_slug },
    transactionId: row.transaction_id,
    csrSha256: row.csr_sha256,
    spki: row.spki,
    spkiSha256: row.spki_sha256,
    subject: row.subject,
    subjectDer: row.subject_der,
    san: row.sans,
    rules: row.rules,
    renews:
      row.renews_id === null || row.lineage_id === null
        ? null
        : { certificateId: row.renews_id, lineageId: row.lineage_id },
    sourceIp: row.source_ip,
    decisions: row.decisions.map(decisionOf),
  }
}

export async function readHistory(
  database: Database,
  { id, subject, spkiSha256 }: { id: string; subject: string; spkiSha256: string },
  limit: number,
  { groups }: Reach,
): Promise<ApprovalDetail['history']> {
  const key = Buffer.from(spkiSha256, 'hex')
  const [certificates, transactions] = await Promise.all([
    database.$queryRaw<ApprovalDetail['history']['certificates']>`
      select x.id, x.serial, x.subject, e.slug as endpoint, x.not_after as "notAfter", x.revoked_at as "revokedAt",
        x.spki_sha256 = ${key} as "sameKey", x.subject = ${subject} as "sameSubject"
      from certificate x left join endpoint e on e.id = x.endpoint_id left join "group" g on g.id = x.group_id
      where x.state = 'issued' and x.kind = 'leaf' and ((x.subject = ${subject} and ${subject} <> '') or x.spki_sha256 = ${key})
        and x.enrolment_transaction_id is distinct from ${id}::uuid and ${inReach(Prisma.sql`g.slug`, groups)}
      order by x.issued_at desc limit ${limit}`,
    database.$queryRaw<ApprovalDetail['history']['transactions']>`
      select t.id, t.state::text as state, t.reason, e.slug as endpoint, t.created_at as "createdAt"
      from enrolment_transaction t join endpoint e on e.id = t.endpoint_id join "group" g on g.id = e.group_id
      where t.subject = ${subject} and ${subject} <> '' and t.id <> ${id}::uuid and not ${isQuestion} and ${inReach(Prisma.sql`g.slug`, groups)}
      order by t.created_at desc limit ${limit}`,
  ])
  return { certificates, transactions }
}

/** `which` is everything behind "where". */
function readRows(database: Database, which: Prisma.Sql): Promise<Row[]> {
  return database.$queryRaw<Row[]>`
    select t.id, ${effective} as state, e.slug as endpoint_slug, e.name as endpoint_name, g.slug as group_slug, g.name as group_name,
      coalesce(t.subject, '') as subject, a.sans, a.requested, t.spki_sha256, t.transaction_id, t.source_ip, t.user_agent, a.created_at,
      a.expires_at, a.decided_at, e.approvals_required as required, p.validity_days, t.reason, x.id as certificate_id, x.serial,
      o.id as renews_id, o.serial as renews_serial, ${decisions} as decisions
    from approval_request a
    join enrolment_transaction t on t.id = a.enrolment_transaction_id
    join endpoint e on e.id = a.endpoint_id
    join profile p on p.id = e.profile_id
    join "group" g on g.id = e.group_id
    left join certificate x on x.id = t.certificate_id and x.state = 'issued'
    left join certificate o on o.id = a.renews_certificate_id
    where ${which}`
}

function approvalOf(row: Row): Read {
  const { key, ...requested } = row.requested
  return {
    id: row.id,
    state: row.state,
    endpoint: { slug: row.endpoint_slug, name: row.endpoint_name },
    group: { slug: row.group_slug, name: row.group_name },
    subject: row.subject,
    san: row.sans,
    key,
    spkiSha256: Buffer.from(row.spki_sha256).toString('hex'),
    transactionId: transactionIdText(row.transaction_id),
    sourceIp: row.source_ip,
    userAgent: row.user_agent,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    decidedAt: row.decided_at,
    approvalsRequired: row.required,
    decisions: row.decisions.map(decisionOf),
    certificate:
      row.certificate_id === null || row.serial === null ? null : { id: row.certificate_id, serial: row.serial },
    renews:
      row.renews_id === null || row.renews_serial === null ? null : { id: row.renews_id, serial: row.renews_serial },
    reason: row.reason,
    requested,
    validityDays: row.validity_days,
  }
}

function decisionOf({ at, ...decision }: Row['decisions'][number]): DecisionView {
  return { ...decision, createdAt: new Date(at) }
}
