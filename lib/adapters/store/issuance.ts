/** Intents and what becomes of them. The two writes of a leaf are one statement each: they are the hot path. */
import type { SubjectAlternativeName } from '@/lib/services/challenges'
import type { StoredIntent } from '@/lib/services/intents'
import type { IssuanceStore, IssuingEndpoint } from '@/lib/services/issuance'
import type { KeyAlgorithm } from '@/lib/services/signer'
import { appended, bytes } from './certificate-rows'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'

type Recording = Parameters<IssuanceStore['recordIssued']>[0]

export function issuanceStore(database: Database): IssuanceStore {
  return {
    issuingEndpoint: (endpointId) => readEndpoint(database, endpointId),
    find: (certificateId) => readIntent(database, Prisma.sql`c.id = ${certificateId}::uuid`),

    async recordLeafIntent(intent, events) {
      const rows = await database.$queryRaw<unknown[]>`
        with allowed as (
          select id from challenge
          where id = ${intent.challengeId}::uuid and endpoint_id = ${intent.endpointId}::uuid and state = 'reserved'
            and reserved_spki_sha256 = ${bytes(intent.spkiSha256)}
        ), recorded as (
          insert into certificate (id, kind, state, authority_id, group_id, endpoint_id, challenge_id, enrolment_transaction_id,
            serial, tbs, tbs_sha256, subject, subject_der, common_name, sans, key_algorithm, spki_sha256, not_before, not_after, created_at)
          select ${intent.id}::uuid, 'leaf', 'intent', ${intent.authorityId}::uuid, ${intent.groupId}::uuid, ${intent.endpointId}::uuid,
            allowed.id, ${intent.enrolmentTransactionId}::uuid, ${intent.serial}, ${bytes(intent.tbs)}, ${bytes(intent.tbsSha256)},
            ${intent.subject}, ${bytes(intent.subjectDer)}, ${intent.commonName}, ${JSON.stringify(intent.sans)}::jsonb,
            ${intent.keyAlgorithm}, ${bytes(intent.spkiSha256)}, ${intent.notBefore}, ${intent.notAfter}, ${intent.createdAt}
          from allowed
          on conflict (challenge_id) do nothing
          returning id
        )
        select ${appended(events)} as events from recorded`
      if (rows.length === 1) return { outcome: 'recorded' }
      const existing = await readIntent(database, Prisma.sql`c.challenge_id = ${intent.challengeId}::uuid`)
      return existing ? { outcome: 'existing', intent: existing } : { outcome: 'challenge_gone' }
    },

    async recordIssued(request) {
      const recorded = request.intent.kind === 'leaf' ? await recordLeaf(database, request) : await recordAuthority(database, request)
      if (recorded) return { outcome: 'recorded' }
      const current = await readIntent(database, Prisma.sql`c.id = ${request.intent.id}::uuid`)
      return current?.state === 'intent' ? { outcome: 'challenge_gone' } : { outcome: 'already', der: current?.der ?? null }
    },

    async finishTransaction(enrolmentTransactionId, certificateId, at) {
      await database.enrolmentTransaction.updateMany({
        where: { id: enrolmentTransactionId, state: { in: ['received', 'failed'] } },
        data: { state: 'issued', certificateId, finishedAt: at, reason: null, detail: null },
      })
    },

    async overdue(before, limit) {
      const rows = await database.certificate.findMany({
        where: { state: 'intent', createdAt: { lt: before } },
        orderBy: [{ kind: 'asc' }, { createdAt: 'asc' }],
        take: limit,
        select: { id: true },
      })
      return rows.map(({ id }) => id)
    },

    async abandon({ certificateId, reason, at, events }) {
      return transact(database, async (transaction) => {
        const challenge = await release(transaction, certificateId, at)
        const { count } = await transaction.certificate.updateMany({
          where: { id: certificateId, state: 'intent' },
          data: { state: 'abandoned', challengeId: null },
        })
        if (count === 0) return { result: false, events: [] }
        await transaction.$executeRaw`
          update enrolment_transaction t set state = 'failed', reason = ${reason}, finished_at = ${at}
          from certificate c where c.id = ${certificateId}::uuid and t.id = c.enrolment_transaction_id and t.state = 'received'`
        return { result: true, events: events(challenge) }
      })
    },

    async record(events) {
      await transact(database, async () => ({ result: undefined, events }))
    },
  }
}

/** Challenge first, then certificate: whoever finishes or abandons locks in this order, so neither can half succeed. */
async function recordLeaf(database: Database, { intent, der, fingerprintSha256, enrolmentTransactionIds, at, events }: Recording) {
  const rows = await database.$queryRaw<unknown[]>`
    with consumed as (
      update challenge set state = 'consumed', consumed_at = ${at}
      from certificate c
      where c.id = ${intent.id}::uuid and c.state = 'intent' and challenge.id = c.challenge_id
        and challenge.state = 'reserved' and challenge.reserved_spki_sha256 = c.spki_sha256
      returning challenge.id
    ), issued as (
      update certificate set state = 'issued', der = ${bytes(der)}, fingerprint_sha256 = ${bytes(fingerprintSha256)},
        issued_at = ${at}, tbs = null
      from consumed
      where certificate.id = ${intent.id}::uuid and certificate.state = 'intent'
      returning certificate.id
    ), finished as (
      update enrolment_transaction t set state = 'issued', certificate_id = issued.id, finished_at = ${at}, reason = null, detail = null
      from issued
      where t.id = any(${enrolmentTransactionIds}::uuid[]) and t.state in ('received', 'failed')
      returning t.id
    ), finished_all as (select count(*) as count from finished)
    select ${appended(events)} as events from issued, finished_all`
  return rows.length === 1
}

async function recordAuthority(database: Database, { intent, der, fingerprintSha256, at, events }: Recording): Promise<boolean> {
  return transact(database, async (transaction) => {
    const { count } = await transaction.certificate.updateMany({
      where: { id: intent.id, state: 'intent' },
      data: { state: 'issued', der: bytes(der), fingerprintSha256: bytes(fingerprintSha256), issuedAt: at, tbs: null },
    })
    if (count === 0) return { result: false, events: [] }
    if (intent.kind === 'ra') await activateRegistrationAuthority(transaction, intent.id, der, at)
    else await activateAuthority(transaction, intent.id, der, at)
    return { result: true, events }
  })
}

/** Nothing is issued under an authority before this, and its first CRL is due from now. */
async function activateAuthority(transaction: Transaction, certificateId: string, der: Uint8Array, at: Date): Promise<void> {
  await transaction.authority.update({
    where: { certificateId, certificateDer: null },
    data: { certificateDer: bytes(der), crlDueSince: at },
    select: { id: true },
  })
}

/** The endpoint answers with the new one from now; those before it still open what was sealed to them. */
async function activateRegistrationAuthority(transaction: Transaction, certificateId: string, der: Uint8Array, at: Date): Promise<void> {
  await transaction.$executeRaw`
    update registration_authority old set retired_at = ${at}
    from registration_authority new
    where new.certificate_id = ${certificateId}::uuid and old.endpoint_id = new.endpoint_id and old.id <> new.id
      and old.certificate_der is not null and old.retired_at is null`
  await transaction.registrationAuthority.update({
    where: { certificateId, certificateDer: null },
    data: { certificateDer: bytes(der) },
    select: { id: true },
  })
}

/** Only what this intent's key holds: a challenge that was reserved anew belongs to another request. */
async function release(transaction: Transaction, certificateId: string, at: Date): Promise<{ id: string; state: 'pending' | 'expired' } | null> {
  const [locked] = await transaction.$queryRaw<{ id: string; spki_sha256: Uint8Array }[]>`
    select h.id, c.spki_sha256 from challenge h join certificate c on c.challenge_id = h.id
    where c.id = ${certificateId}::uuid and c.state = 'intent' for update of h`
  if (locked === undefined) return null
  const [released] = await transaction.$queryRaw<{ id: string; state: 'pending' | 'expired' }[]>`
    update challenge set state = (case when expires_at > ${at} then 'pending' else 'expired' end)::"ChallengeState",
      reserved_by = null, reserved_csr_sha256 = null, reserved_spki_sha256 = null, reserved_at = null
    where id = ${locked.id}::uuid and state = 'reserved' and reserved_spki_sha256 = ${bytes(locked.spki_sha256)}
    returning id, state`
  return released ?? null
}

interface EndpointRow {
  endpoint_id: string
  group_id: string
  profile_name: string
  validity_days: number
  backdate_minutes: number
  extended_key_usage: string[]
  min_rsa_bits: number
  elliptic_curves: string[]
  id: string
  slug: string
  name: string
  key_algorithm: string
  subject_der: Uint8Array
  subject_key_id: Uint8Array
  certificate_der: Uint8Array
  not_before: Date
  not_after: Date
}

async function readEndpoint(database: Database, endpointId: string): Promise<IssuingEndpoint | null> {
  const [row] = await database.$queryRaw<EndpointRow[]>`
    select e.id as endpoint_id, e.group_id, p.name as profile_name, p.validity_days, p.backdate_minutes, p.extended_key_usage,
           p.min_rsa_bits, p.elliptic_curves, a.id, a.slug, a.name, a.key_algorithm, a.subject_der, a.subject_key_id,
           a.certificate_der, a.not_before, a.not_after
    from endpoint e
    join profile p on p.id = e.profile_id
    join authority a on a.id = e.authority_id
    where e.id = ${endpointId}::uuid and e.enabled and a.certificate_der is not null`
  if (row === undefined) return null
  return {
    endpointId: row.endpoint_id,
    groupId: row.group_id,
    profile: {
      name: row.profile_name,
      validityDays: row.validity_days,
      backdateMinutes: row.backdate_minutes,
      extendedKeyUsage: row.extended_key_usage,
      minRsaBits: row.min_rsa_bits,
      ellipticCurves: row.elliptic_curves,
    },
    authority: {
      id: row.id,
      slug: row.slug,
      name: row.name,
      keyAlgorithm: row.key_algorithm as KeyAlgorithm,
      subjectDer: row.subject_der,
      subjectKeyId: row.subject_key_id,
      certificateDer: row.certificate_der,
      notBefore: row.not_before,
      notAfter: row.not_after,
    },
  }
}

interface IntentRow {
  id: string
  kind: StoredIntent['kind']
  state: StoredIntent['state']
  authority_id: string
  group_id: string | null
  endpoint_id: string | null
  challenge_id: string | null
  enrolment_transaction_id: string | null
  serial: string
  tbs: Uint8Array | null
  tbs_sha256: Uint8Array
  der: Uint8Array | null
  subject: string
  sans: SubjectAlternativeName[]
  spki_sha256: Uint8Array
  not_before: Date
  not_after: Date
  created_at: Date
  authority_slug: string
  authority_name: string
  authority_der: Uint8Array | null
  profile: string
  certifies_id: string | null
  certifies_name: string | null
}

async function readIntent(database: Database, condition: Prisma.Sql): Promise<StoredIntent | null> {
  const [row] = await database.$queryRaw<IntentRow[]>`
    select c.id, c.kind, c.state, c.authority_id, c.group_id, c.endpoint_id, c.challenge_id, c.enrolment_transaction_id, c.serial,
           c.tbs, c.tbs_sha256, c.der, c.subject, c.sans, c.spki_sha256, c.not_before, c.not_after, c.created_at,
           a.slug as authority_slug, a.name as authority_name, a.certificate_der as authority_der,
           coalesce(p.name, c.kind::text) as profile, own.id as certifies_id, own.name as certifies_name
    from certificate c
    join authority a on a.id = c.authority_id
    left join authority own on own.certificate_id = c.id
    left join endpoint e on e.id = c.endpoint_id and c.kind = 'leaf'
    left join profile p on p.id = e.profile_id
    where ${condition}`
  if (row === undefined) return null
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    authorityId: row.authority_id,
    groupId: row.group_id,
    endpointId: row.endpoint_id,
    challengeId: row.challenge_id,
    enrolmentTransactionId: row.enrolment_transaction_id,
    serial: row.serial,
    tbs: row.tbs,
    tbsSha256: row.tbs_sha256,
    der: row.der,
    subject: row.subject,
    sans: row.sans,
    spkiSha256: row.spki_sha256,
    notBefore: row.not_before,
    notAfter: row.not_after,
    createdAt: row.created_at,
    authority: { slug: row.authority_slug, name: row.authority_name },
    authorityDer: row.authority_der,
    profile: row.profile,
    certifies: row.certifies_id === null || row.certifies_name === null ? null : { id: row.certifies_id, name: row.certifies_name },
  }
}
