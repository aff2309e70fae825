/** Intents and what becomes of them. What every leaf needs is in issuance-statements.ts. */
import type { IssuanceStore, LeafIntentOutcome } from '@/lib/services/issuance'
import { bytes } from './certificate-rows'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'
import { readIntent } from './intent-rows'
import { issuingEndpointTogether, recordIntentTogether, recordLeafTogether } from './issuance-statements'

type Recording = Parameters<IssuanceStore['recordIssued']>[0]

export function issuanceStore(database: Database): IssuanceStore {
  const recordIntent = recordIntentTogether(database)
  const recordLeaf = recordLeafTogether(database)
  return {
    issuingEndpoint: issuingEndpointTogether(database),
    find: (certificateId) => readIntent(database, Prisma.sql`c.id = ${certificateId}::uuid`),

    async recordLeafIntent(intent, events) {
      const renewed = intent.renews?.certificateId ?? null
      const recorded = await recordIntent({ intent, events }).catch((error) => {
        // Two requests to renew one certificate at the same instant: one of them is the successor.
        if (isTaken(error, 'certificate_one_successor')) return false
        throw error
      })
      if (recorded) return { outcome: 'recorded' }
      const existing = await readIntent(database, Prisma.sql`c.challenge_id = ${intent.challengeId}::uuid`)
      if (existing) return { outcome: 'existing', intent: existing }
      return renewed === null ? { outcome: 'challenge_gone' } : whyNotRenewed(database, renewed)
    },

    async recordIssued(request) {
      const recorded =
        request.intent.kind === 'leaf' ? await recordLeaf(request) : await recordAuthority(database, request)
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
      const rows = await database.$queryRaw<{ id: string }[]>(overdueIntents(before, limit))
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

/** The state stands in it as certificate_intent_idx has it: the index knows none that comes as a parameter. */
export function overdueIntents(before: Date, limit: number): Prisma.Sql {
  return Prisma.sql`select id from certificate where state = 'intent' and created_at < ${before} order by kind, created_at limit ${limit}`
}

/** An error of pg that names the unique index which refused a row. */
function isTaken(error: unknown, index: string): boolean {
  return error instanceof Error && 'constraint' in error && error.constraint === index
}

/** Which of the rules stood in the way, after the statement that knows them all has inserted nothing. */
async function whyNotRenewed(database: Database, certificateId: string): Promise<LeafIntentOutcome> {
  const [row] = await database.$queryRaw<{ revoked: boolean; issuer_revoked: boolean; renewed: boolean }[]>`
    select old.revoked_at is not null as revoked, a.status = 'revoked' as issuer_revoked, exists (
      select from certificate c where c.renews_certificate_id = old.id and c.state <> 'abandoned'
        and c.revocation_reason is distinct from 'unspecified') as renewed
    from certificate old join authority a on a.id = old.authority_id where old.id = ${certificateId}::uuid`
  if (row?.revoked) return { outcome: 'not_renewable', why: 'renewed_is_revoked' }
  if (row?.issuer_revoked) return { outcome: 'not_renewable', why: 'renewed_issuer_is_revoked' }
  return row?.renewed ? { outcome: 'not_renewable', why: 'renewed_already' } : { outcome: 'challenge_gone' }
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
    else if (intent.kind === 'ocsp') await activateResponder(transaction, intent.id, der)
    else if (intent.kind === 'profile') await activateProfileSigner(transaction, intent.id, der)
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

/**
 * The endpoint answers with the new one from now, and those before it still open what was sealed to them; unless the new
 * one waits for a staged issuer.
 */
async function activateRegistrationAuthority(
  transaction: Transaction,
  certificateId: string,
  der: Uint8Array,
  at: Date,
): Promise<void> {
  await transaction.$executeRaw`
    update registration_authority old set retired_at = ${at}
    from registration_authority new
    where new.certificate_id = ${certificateId}::uuid and new.authority_id is null and old.authority_id is null
      and old.endpoint_id = new.endpoint_id and old.id <> new.id
      and old.certificate_der is not null and old.retired_at is null`
  await transaction.registrationAuthority.update({
    where: { certificateId, certificateDer: null },
    data: { certificateDer: bytes(der) },
    select: { id: true },
  })
}

/** The newest one signs; the one before stays good for what it signed. */
async function activateResponder(transaction: Transaction, certificateId: string, der: Uint8Array): Promise<void> {
  await transaction.ocspResponder.update({
    where: { certificateId, certificateDer: null },
    data: { certificateDer: bytes(der) },
    select: { id: true },
  })
}

async function activateProfileSigner(transaction: Transaction, certificateId: string, der: Uint8Array): Promise<void> {
  await transaction.profileSigner.update({
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
