/** Intents and what becomes of them. The two writes of a leaf are one statement each: they are the hot path. */
import type { IssuanceStore, LeafIntentOutcome } from '@/lib/services/issuance'
import { appended, bytes } from './certificate-rows'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'
import { readIntent, readIssuingEndpoint } from './intent-rows'

type Recording = Parameters<IssuanceStore['recordIssued']>[0]

export function issuanceStore(database: Database): IssuanceStore {
  return {
    issuingEndpoint: (endpointId) => readIssuingEndpoint(database, endpointId),
    find: (certificateId) => readIntent(database, Prisma.sql`c.id = ${certificateId}::uuid`),

    async recordLeafIntent(intent, events) {
      const renewed = intent.renews?.certificateId ?? null
      // One certificate for a challenge; for a renewal one successor as well, which only its own index can say.
      const once = renewed === null ? Prisma.sql`(challenge_id)` : Prisma.empty
      const rows = await database.$queryRaw<unknown[]>`
        with allowed as (
          select id from challenge
          where id = ${intent.challengeId}::uuid and endpoint_id = ${intent.endpointId}::uuid and state = 'reserved'
            and reserved_spki_sha256 = ${bytes(intent.spkiSha256)}
            and (${renewed}::uuid is null or exists (
              select from certificate old where old.id = ${renewed}::uuid and old.state = 'issued' and old.revoked_at is null))
        ), recorded as (
          insert into certificate (id, kind, state, authority_id, group_id, endpoint_id, challenge_id,
            enrolment_transaction_id, renews_certificate_id, lineage_id,
            serial, tbs, tbs_sha256, subject, subject_der, common_name, sans, key_algorithm, spki_sha256, not_before,
              not_after, created_at)
          select ${intent.id}::uuid, 'leaf', 'intent', ${intent.authorityId}::uuid, ${intent.groupId}::uuid,
            ${intent.endpointId}::uuid,
            allowed.id, ${intent.enrolmentTransactionId}::uuid, ${renewed}::uuid,
            ${intent.renews?.lineageId ?? null}::uuid, ${intent.serial}, ${bytes(intent.tbs)},
              ${bytes(intent.tbsSha256)},
            ${intent.subject}, ${bytes(intent.subjectDer)}, ${intent.commonName}, ${JSON.stringify(intent.sans)}::jsonb,
            ${intent.keyAlgorithm}, ${bytes(intent.spkiSha256)}, ${intent.notBefore}, ${intent.notAfter},
              ${intent.createdAt}
          from allowed
          on conflict ${once} do nothing
          returning id
        )
        select ${appended(events)} as events from recorded`
      if (rows.length === 1) return { outcome: 'recorded' }
      const existing = await readIntent(database, Prisma.sql`c.challenge_id = ${intent.challengeId}::uuid`)
      if (existing) return { outcome: 'existing', intent: existing }
      return renewed === null ? { outcome: 'challenge_gone' } : whyNotRenewed(database, renewed)
    },

    async recordIssued(request) {
      const recorded = await record(database, request)
      if (recorded) return { outcome: 'recorded' }
      const current = await readIntent(database, Prisma.sql`c.id = ${request.intent.id}::uuid`)
      return current?.state === 'intent'
        ? { outcome: 'challenge_gone' }
        : { outcome: 'already', der: current?.der ?? null }
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
          from certificate c where c.id = ${certificateId}::uuid and t.id = c.enrolment_transaction_id
            and t.state = 'received'`
        return { result: true, events: events(challenge) }
      })
    },

    async record(events) {
      await transact(database, async () => ({ result: undefined, events }))
    },
  }
}

/** Which of the rules stood in the way, after the statement that knows them all has inserted nothing. */
async function whyNotRenewed(database: Database, certificateId: string): Promise<LeafIntentOutcome> {
  const [row] = await database.$queryRaw<{ revoked: boolean; renewed: boolean }[]>`
    select old.revoked_at is not null as revoked, exists (
      select from certificate c where c.renews_certificate_id = old.id and c.state <> 'abandoned'
        and c.revocation_reason is distinct from 'unspecified') as renewed
    from certificate old where old.id = ${certificateId}::uuid`
  if (!row?.revoked && !row?.renewed) return { outcome: 'challenge_gone' }
  return { outcome: 'not_renewable', revoked: row.revoked }
}

function record(database: Database, request: Recording): Promise<boolean> {
  if (request.intent.kind !== 'leaf') return recordAuthority(database, request)
  const { renews } = request.intent
  return renews === null ? recordLeaf(database, request) : recordRenewal(database, request, renews.certificateId)
}

/**
 * The certificate before is locked first, as the renewal's grant does, so that neither waits for the other's row. It
 * must not have been revoked since; from now it counts down to its own end where the endpoint says so.
 */
function recordRenewal(database: Database, request: Recording, renewed: string): Promise<boolean> {
  return transact(database, async (transaction) => {
    const [old] = await transaction.$queryRaw<{ id: string }[]>`
      select id from certificate where id = ${renewed}::uuid and revoked_at is null for update`
    if (old === undefined || !(await recordLeaf(transaction, request))) return { result: false, events: [] }
    await transaction.$executeRaw`
      update certificate c set supersede_at = ${request.at}::timestamptz + make_interval(hours => e.supersede_after_hours)
      from endpoint e where c.id = ${renewed}::uuid and e.id = c.endpoint_id and e.supersede_after_hours is not null`
    return { result: true, events: [] }
  })
}

/** Challenge first, then certificate: whoever finishes or abandons locks in this order, so neither can half succeed. */
async function recordLeaf(
  database: Database | Transaction,
  { intent, der, fingerprintSha256, enrolmentTransactionIds, at, events }: Recording,
) {
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
      update enrolment_transaction t set state = 'issued', certificate_id = issued.id, finished_at = ${at},
        reason = null, detail = null
      from issued
      where t.id = any(${enrolmentTransactionIds}::uuid[]) and t.state in ('received', 'failed')
      returning t.id
    ), finished_all as (select count(*) as count from finished)
    select ${appended(events)} as events from issued, finished_all`
  return rows.length === 1
}

async function recordAuthority(
  database: Database,
  { intent, der, fingerprintSha256, at, events }: Recording,
): Promise<boolean> {
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
async function activateAuthority(
  transaction: Transaction,
  certificateId: string,
  der: Uint8Array,
  at: Date,
): Promise<void> {
  await transaction.authority.update({
    where: { certificateId, certificateDer: null },
    data: { certificateDer: bytes(der), crlDueSince: at },
    select: { id: true },
  })
}

/** The endpoint answers with the new one from now; those before it still open what was sealed to them. */
async function activateRegistrationAuthority(
  transaction: Transaction,
  certificateId: string,
  der: Uint8Array,
  at: Date,
): Promise<void> {
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
async function release(
  transaction: Transaction,
  certificateId: string,
  at: Date,
): Promise<{ id: string; state: 'pending' | 'expired' } | null> {
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
