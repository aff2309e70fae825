/** CRLs: which is due, what goes on it, and the one that is published. */

import type { RevocationReason } from '@/lib/services/certificates'
import type { KeyAlgorithm } from '@/lib/services/signer'
import type { DueCrl, StatusStore } from '@/lib/services/status'
import { bytes } from './certificate-rows'
import { type Database, transact } from './database'

/** CRLs kept for each authority; the trail keeps number and hash of all of them. */
const KEEP = 20n

export function statusStore(database: Database): StatusStore {
  return {
    async crl(slug) {
      return database.crl.findFirst({
        where: { authority: { slug } },
        orderBy: { number: 'desc' },
        select: { der: true, number: true, thisUpdate: true, nextUpdate: true, sha256: true },
      })
    },

    async crlHead(slug) {
      return database.crl.findFirst({
        where: { authority: { slug } },
        orderBy: { number: 'desc' },
        select: { number: true, sha256: true },
      })
    },

    async caCertificate(slug) {
      const authority = await database.authority.findUnique({ where: { slug }, select: { certificateDer: true } })
      return authority?.certificateDer ?? null
    },

    async claimDue({ now, until, publishedBefore }) {
      const [row] = await database.$queryRaw<DueRow[]>`
        update authority set crl_claimed_until = ${until}, next_crl_number = next_crl_number + 1
        from (
          select a.id, c.this_update from authority a
          left join lateral (select this_update from crl where authority_id = a.id
            order by number desc limit 1) c on true
          where a.certificate_der is not null and (a.crl_claimed_until is null or a.crl_claimed_until <= ${now})
            and (a.crl_due_since is not null or c.this_update is null
              or c.this_update <= case a.kind when 'root' then ${publishedBefore.root}::timestamptz
                else ${publishedBefore.issuer}::timestamptz end)
          order by a.crl_due_since nulls last limit 1
          for update of a skip locked
        ) due
        where authority.id = due.id
        returning authority.id, kind, slug, name, key_algorithm, subject_der, subject_key_id, crl_due_since,
          next_crl_number - 1 as number, due.this_update`
      return row ? dueCrl(row) : null
    },

    async revoked(authorityId, { after, limit, previousThisUpdate }) {
      const rows = await database.$queryRaw<
        { serial: string; revoked_at: Date; revocation_reason: RevocationReason }[]
      >`
        select serial, revoked_at, revocation_reason from certificate
        where authority_id = ${authorityId}::uuid and serial > ${after} and revoked_at is not null
          and (${previousThisUpdate}::timestamptz is null
            or greatest(not_after, revoked_at + interval '1 hour') >= ${previousThisUpdate}::timestamptz)
        order by serial limit ${limit}`
      return rows.map((row) => ({ serial: row.serial, revokedAt: row.revoked_at, reason: row.revocation_reason }))
    },

    async publish(crl, dueSince, events) {
      await transact(database, async (transaction) => {
        await transaction.crl.create({
          data: { ...crl, der: bytes(crl.der), sha256: bytes(crl.sha256) },
          select: { number: true },
        })
        await transaction.crl.deleteMany({
          where: { authorityId: crl.authorityId, number: { lte: crl.number - KEEP } },
        })
        await transaction.$executeRaw`
          update authority set crl_claimed_until = null,
            crl_due_since = case when crl_due_since is not distinct from ${dueSince}::timestamptz then null
              else crl_due_since end
          where id = ${crl.authorityId}::uuid`
        return { result: undefined, events }
      })
    },

    async fail(authorityId, retryAt, events) {
      await transact(database, async (transaction) => {
        await transaction.authority.update({
          where: { id: authorityId },
          data: { crlClaimedUntil: retryAt },
          select: { id: true },
        })
        return { result: undefined, events }
      })
    },
  }
}

interface DueRow {
  id: string
  kind: 'root' | 'issuer'
  slug: string
  name: string
  key_algorithm: string
  subject_der: Uint8Array
  subject_key_id: Uint8Array
  crl_due_since: Date | null
  number: bigint
  this_update: Date | null
}

function dueCrl(row: DueRow): DueCrl {
  const { id, kind, slug, name } = row
  return {
    authority: {
      id,
      kind,
      slug,
      name,
      keyAlgorithm: row.key_algorithm as KeyAlgorithm,
      subjectDer: row.subject_der,
      subjectKeyId: row.subject_key_id,
    },
    number: row.number,
    dueSince: row.crl_due_since,
    previousThisUpdate: row.this_update,
  }
}
