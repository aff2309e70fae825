/** What is kept about Intune in Postgres: challenges and their first keys, reported serials, and requests to revoke. */
import { createHash } from 'node:crypto'
import type { IntuneChallengeStore } from '@/lib/services/intune-delegate'
import type { IntuneReportStore } from '@/lib/services/intune-notices'
import type { IntuneRevocationStore, RevocationOutcome } from '@/lib/services/intune-revocations'
import type { RevocationResult } from '@/lib/services/intune-types'
import type { RevokedFacts } from '@/lib/services/revocation'
import { bytes, makeCrlsDue } from './certificate-rows'
import { type Database, type Transaction, transact } from './database'
import { guarded } from './outage'

export function intuneChallengeStore(database: Database): IntuneChallengeStore {
  return guarded<IntuneChallengeStore>({
    async firstKey(connectorId, challengeSha256) {
      const row = await database.intuneChallenge.findUnique({
        where: { connectorId_challengeSha256: { connectorId, challengeSha256: bytes(challengeSha256) } },
        select: { spkiSha256: true },
      })
      return row?.spkiSha256 ?? null
    },

    async remember(connectorId, challengeSha256, spkiSha256) {
      // An update that changes nothing, so that the row of whoever was first comes back.
      const [first] = await database.$queryRaw<[{ spki_sha256: Uint8Array }]>`
        insert into intune_challenge as c (connector_id, challenge_sha256, spki_sha256)
        values (${connectorId}::uuid, ${bytes(challengeSha256)}, ${bytes(spkiSha256)})
        on conflict (connector_id, challenge_sha256) do update set spki_sha256 = c.spki_sha256
        returning spki_sha256`
      return first.spki_sha256
    },
  })
}

export function intuneReportStore(database: Database): IntuneReportStore {
  return guarded<IntuneReportStore>({
    async keepReport({ notificationId, connectorId, certificateId, serial, before, sealed }) {
      const [kept] = await database.$queryRaw<{ sealed: Uint8Array | null }[]>`
        with kept as (
          update notification set sealed = ${bytes(sealed)}
          where id = ${notificationId}::uuid and sealed = ${bytes(before)} and delivered_at is null returning sealed
        ), reported as (
          insert into intune_certificate (certificate_id, connector_id, reported_serial)
          select ${certificateId}::uuid, ${connectorId}::uuid, ${serial} from kept on conflict (certificate_id) do nothing
        )
        select sealed from kept
        union all
        select sealed from notification where id = ${notificationId}::uuid and not exists (select from kept)`
      return kept?.sealed ?? null
    },
  })
}

export function intuneRevocationStore(database: Database): IntuneRevocationStore {
  return guarded<IntuneRevocationStore>({
    async claim(connectorId, by, everyMinutes, claimSeconds) {
      const claimed = await database.$executeRaw`
        insert into intune_pull as p (connector_id, next_at, claimed_until, claimed_by)
        values (${connectorId}::uuid, now() + make_interval(mins => ${everyMinutes}::int), now() + make_interval(secs => ${claimSeconds}::int), ${by})
        on conflict (connector_id) do update set next_at = excluded.next_at, claimed_until = excluded.claimed_until, claimed_by = excluded.claimed_by
        where (p.next_at <= now() or p.last_at is null or p.last_at + make_interval(mins => ${everyMinutes}::int) <= now())
          and (p.claimed_until is null or p.claimed_until <= now())`
      return claimed === 1
    },

    async release(connectorId, by) {
      await database.$executeRaw`
        update intune_pull set claimed_until = null, claimed_by = null, last_at = now()
        where connector_id = ${connectorId}::uuid and claimed_by = ${by}`
    },

    settle: ({ connectorId, item, serials, reason, by }, resultOf) =>
      transact(database, async (transaction) => {
        const found = await findReported(transaction, connectorId, serials)
        const revoked = found === null ? null : await revoke(transaction, found, reason, by)
        const outcome: RevocationOutcome =
          found === null
            ? { outcome: 'unknown' }
            : revoked === null
              ? { outcome: 'revoked_before' }
              : { outcome: 'revoked', facts: revoked }
        const { result, events } = resultOf(outcome)
        await transaction.$executeRaw`
          insert into intune_revocation (id, connector_id, request_context, context_sha256, serial, certificate_id, succeeded, error_code, error_message)
          values (${crypto.randomUUID()}::uuid, ${connectorId}::uuid, ${item.requestContext}, ${sha256(item.requestContext)}, ${item.serialNumber.slice(0, 200)},
            ${found}::uuid, ${result.succeeded}, ${result.errorCode}, ${result.errorMessage})
          on conflict (connector_id, context_sha256) do update set serial = excluded.serial, certificate_id = excluded.certificate_id,
            succeeded = excluded.succeeded, error_code = excluded.error_code, error_message = excluded.error_message, uploaded_at = null`
        return { result, events }
      }),

    async unsent(connectorId, limit) {
      const rows = await database.intuneRevocation.findMany({
        where: { connectorId, uploadedAt: null },
        select: { id: true, requestContext: true, succeeded: true, errorCode: true, errorMessage: true },
        orderBy: [{ receivedAt: 'asc' }, { id: 'asc' }],
        take: limit,
      })
      return rows.map(({ id, errorCode, ...result }) => ({
        id,
        result: { ...result, errorCode: errorCode as RevocationResult['errorCode'] },
      }))
    },

    async sent(ids) {
      await database.$executeRaw`
        update intune_revocation set uploaded_at = now() where id = any(${ids}::uuid[]) and uploaded_at is null`
    },

    async forget({ results, challenges }, limit) {
      const deleted = [
        await database.$executeRaw`
          delete from intune_revocation where id in (
            select id from intune_revocation where uploaded_at < now() - make_interval(days => ${results}::int) limit ${limit})`,
        await database.$executeRaw`
          delete from intune_challenge where (connector_id, challenge_sha256) in (
            select connector_id, challenge_sha256 from intune_challenge
            where first_seen_at < now() - make_interval(days => ${challenges}::int) limit ${limit})`,
      ]
      return Math.max(...deleted)
    },
  })
}

/** The first spelling that is known; reported serials have no zeros in front, others may. */
async function findReported(transaction: Transaction, connectorId: string, serials: string[]): Promise<string | null> {
  const [row] = await transaction.$queryRaw<{ certificate_id: string }[]>`
    select c.certificate_id
    from unnest(${serials}::text[]) with ordinality as wanted(serial, place)
    join intune_certificate c on c.connector_id = ${connectorId}::uuid and c.reported_serial in (wanted.serial, '0' || wanted.serial)
    order by wanted.place limit 1`
  return row?.certificate_id ?? null
}

async function revoke(transaction: Transaction, id: string, reason: string, by: string): Promise<RevokedFacts | null> {
  const [revoked] = await transaction.$queryRaw<(RevokedFacts & { authorityId: string })[]>`
    update certificate x set revoked_at = now(), revocation_reason = ${reason}::"RevocationReason", revoked_by = ${by},
      revocation_comment = null, invalidity_date = null
    from authority a
    where x.id = ${id}::uuid and a.id = x.authority_id and x.state = 'issued'
      and (x.revoked_at is null or x.revocation_reason = 'certificateHold')
    returning x.id, x.serial, x.subject, a.name as issuer, encode(x.fingerprint_sha256, 'hex') as "fingerprintSha256", x.authority_id as "authorityId"`
  if (revoked === undefined) return null
  const { authorityId, ...facts } = revoked
  await makeCrlsDue(transaction, [authorityId], new Date())
  return facts
}

function sha256(text: string) {
  return bytes(createHash('sha256').update(text, 'utf8').digest())
}
