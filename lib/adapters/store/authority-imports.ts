/** Authorities from elsewhere in Postgres: unique indexes decide between two who import the same. */
import type {
  AuthorityImportStore,
  AuthorityRequest,
  ImportedAuthority,
  RevokedIssuer,
  RootList,
} from '@/lib/services/authority-import-types'
import { giveUpUnsigned, stopEndpoints } from './break-glass'
import { bytes, isUniqueViolation, makeCrlsDue, readAuthorities } from './certificate-rows'
import { type Database, type Transaction, transact } from './database'

const OPEN = { acceptedAt: null, withdrawnAt: null }
/** Lists kept, as of those that are made here. */
const KEEP = 5

export function authorityImportStore(database: Database): AuthorityImportStore {
  return {
    authorities: () => readAuthorities(database),

    async slugs() {
      const rows = await database.$queryRaw<{ slug: string }[]>`
        select slug from "group" union select slug from endpoint union select slug from authority`
      return new Set(rows.map(({ slug }) => slug))
    },

    async organisation() {
      const organisation = await database.organisation.findUnique({
        where: { id: 1 },
        select: { name: true, rootId: true },
      })
      return organisation?.rootId ? { name: organisation.name, rootId: organisation.rootId } : null
    },

    async requests() {
      const rows = await database.authorityRequest.findMany({
        where: OPEN,
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        select: REQUEST,
      })
      return rows.map((row) => ({ ...row, keyAlgorithm: row.keyAlgorithm as AuthorityRequest['keyAlgorithm'] }))
    },

    async insertRequest(request, events) {
      await transact(database, async (transaction) => {
        const data = {
          ...request,
          subjectDer: bytes(request.subjectDer),
          spkiSha256: bytes(request.spkiSha256),
          csr: bytes(request.csr),
        }
        await transaction.authorityRequest.create({ data, select: { id: true } })
        return { result: undefined, events }
      })
    },

    async withdrawRequest(id, at, events) {
      return transact(database, async (transaction) => {
        const { count } = await transaction.authorityRequest.updateMany({
          where: { id, ...OPEN },
          data: { withdrawnAt: at },
        })
        return { result: count === 1, events: count === 1 ? events : [] }
      })
    },

    async insert(imported, request, events, rootList) {
      try {
        return await transact(database, async (transaction) => {
          if (request !== null) {
            const { count } = await transaction.authorityRequest.updateMany({
              where: { id: request.id, ...OPEN },
              data: { acceptedAt: request.at },
            })
            if (count === 0) return { result: 'request_ended' as const, events: [] }
          }
          if (rootList !== null && !(await holdList(transaction, rootList)))
            return { result: 'list_replaced' as const, events: [] }
          for (const each of imported) {
            if (!(await holdKey(transaction, each))) return { result: 'key_replaced' as const, events: [] }
          }
          for (const each of imported) await insertOne(transaction, each)
          return { result: 'inserted' as const, events }
        })
      } catch (error) {
        if (!isUniqueViolation(error)) throw error
        const taken = await database.authority.count({
          where: { slug: { in: imported.map(({ authority }) => authority.slug) } },
        })
        return taken > 0 ? 'slug_taken' : 'known'
      }
    },

    async importCrl(crl, { revoked, looked, complete }, events) {
      return transact(database, async (transaction) => {
        // Whoever brings a list, or takes the key back to make one, comes one after the other.
        const [row] = await transaction.$queryRaw<{ fits: boolean }[]>`
          select key_id is null and offline_key_id is null and not exists (
            select from crl where authority_id = authority.id and shard = 0
              and (number >= ${crl.number} or this_update > ${crl.thisUpdate})) as fits
          from authority where id = ${crl.authorityId}::uuid for no key update`
        if (!row?.fits) return { result: 'older' as const, events: [] }
        const { authorityId, number, thisUpdate, nextUpdate, entries } = crl
        const [unseen] = await transaction.$queryRaw<{ id: string }[]>`
          select id from authority where parent_id = ${authorityId}::uuid and id <> all(${[...looked]}::uuid[]) limit 1`
        if (unseen !== undefined) return { result: 'changed' as const, events: [] }
        await transaction.crl.create({
          data: {
            ...{ authorityId, number, thisUpdate, nextUpdate, entries },
            shard: 0,
            der: bytes(crl.der),
            sha256: bytes(crl.sha256),
          },
          select: { number: true },
        })
        await transaction.$executeRaw`
          delete from crl where authority_id = ${authorityId}::uuid and shard = 0 and number not in (
            select number from crl where authority_id = ${authorityId}::uuid and shard = 0 order by number desc limit ${KEEP})`
        await transaction.$executeRaw`
          update authority set next_crl_number = ${number + 1n}, crl_claimed_until = null,
            crl_due_since = case when ${complete} then null else crl_due_since end
          where id = ${authorityId}::uuid`
        for (const each of revoked) await revokeIssuer(transaction, each, crl.number)
        return { result: 'imported' as const, events }
      })
    },

    async newestList(authorityId) {
      const row = await database.crl.findFirst({
        where: { authorityId, shard: 0 },
        orderBy: { number: 'desc' },
        select: { der: true },
      })
      return row?.der ?? null
    },

    async revokedSerials(authorityId, now) {
      const rows = await database.$queryRaw<{ serial: string }[]>`
        select serial from certificate where authority_id = ${authorityId}::uuid and revoked_at is not null and not_after > ${now}`
      return rows.map(({ serial }) => serial)
    },

    async chooseForNewIssuers(authorityId, events) {
      return transact(database, async (transaction) => {
        const changed = await transaction.$executeRaw`
          update organisation set root_id = a.id from authority a
          where organisation.id = 1 and a.id = ${authorityId}::uuid and a.kind = 'root' and a.status = 'active'
            and a.key_id is not null and a.certificate_der is not null`
        return { result: changed === 1, events: changed === 1 ? events : [] }
      })
    },

    async takeOffline(authorityId, keyId, events) {
      return transact(database, async (transaction) => {
        const { count } = await transaction.authority.updateMany({
          where: { id: authorityId, kind: 'root', keyId, certificateDer: { not: null } },
          data: { keyId: null, offlineKeyId: keyId },
        })
        return { result: count === 1, events: count === 1 ? events : [] }
      })
    },

    async bringBack(authorityId, keyId, events) {
      return transact(database, async (transaction) => {
        const { count } = await transaction.authority.updateMany({
          where: { id: authorityId, kind: 'root', keyId: null, offlineKeyId: keyId },
          data: { keyId, offlineKeyId: null },
        })
        return { result: count === 1, events: count === 1 ? events : [] }
      })
    },

    async record(events) {
      await transact(database, async () => ({ result: undefined, events }))
    },
  }
}

const REQUEST = {
  id: true,
  name: true,
  subjectDer: true,
  keyId: true,
  keyAlgorithm: true,
  spkiSha256: true,
  csr: true,
  createdAt: true,
  createdBy: true,
} as const

/** Lists of this root wait until its issuer is recorded. False where it has another one than was looked at. */
async function holdList(transaction: Transaction, { rootId, number }: RootList): Promise<boolean> {
  await transaction.$queryRaw`select from authority where id = ${rootId}::uuid for share`
  const [newest] = await transaction.$queryRaw<{ number: bigint }[]>`
    select number from crl where authority_id = ${rootId}::uuid and shard = 0 order by number desc limit 1`
  return (newest?.number ?? null) === number
}

/** An import of the same key waits until this one is recorded. False where it came first and its row is another. */
async function holdKey(transaction: Transaction, { authority, certificate }: ImportedAuthority): Promise<boolean> {
  if (authority.keyId === null) return true
  const [row] = await transaction.$queryRaw<{ id: string }[]>`
    select id from key where spki_sha256 = ${bytes(certificate.spkiSha256)} for share`
  return row === undefined || row.id === authority.keyId
}

async function insertOne(transaction: Transaction, { authority, certificate }: ImportedAuthority): Promise<void> {
  const { crlShard, ...row } = authority
  await transaction.authority.create({
    data: {
      ...row,
      subjectDer: bytes(row.subjectDer),
      subjectKeyId: bytes(row.subjectKeyId),
      certificateDer: bytes(certificate.der),
      // Where its key is here, its list is made here, and has never been.
      crlDueSince: row.keyId === null ? null : row.createdAt,
      crlShard: crlShard?.number ?? null,
      ...(crlShard === undefined
        ? {}
        : { crlShards: { create: { ...crlShard, openedAt: row.createdAt, countedUntil: row.createdAt } } }),
    },
    select: { id: true },
  })
  const { renews: _renews, sans: _sans, der, fingerprintSha256, ...facts } = certificate
  await transaction.certificate.create({
    data: {
      ...facts,
      state: 'issued',
      issuedAt: certificate.createdAt,
      der: bytes(der),
      fingerprintSha256: bytes(fingerprintSha256),
      tbsSha256: bytes(facts.tbsSha256),
      spkiSha256: bytes(facts.spkiSha256),
      subjectDer: bytes(facts.subjectDer),
    },
    select: { id: true },
  })
}

/** As in break-glass: nothing is signed under it from here on. Its own list is still made, for whoever asks. */
async function revokeIssuer(transaction: Transaction, issuer: RevokedIssuer, number: bigint): Promise<void> {
  const { authorityId, certificateId, at, reason } = issuer
  const comment = `On revocation list ${number} of its root.`
  const stopped = await transaction.$executeRaw`
    update authority set status = 'revoked', retired_at = coalesce(retired_at, ${at})
    where id = ${authorityId}::uuid and kind = 'issuer' and status <> 'revoked'`
  if (stopped === 0) return
  await transaction.$executeRaw`
    update certificate set revoked_at = ${at}, revocation_reason = ${reason}::"RevocationReason", revoked_by = 'Its root',
      revocation_comment = ${comment}
    where id = ${certificateId}::uuid and state = 'issued' and revoked_at is null`
  await giveUpUnsigned(transaction, authorityId, at)
  await transaction.$executeRaw`
    update registration_authority set retired_at = ${at} where authority_id = ${authorityId}::uuid and retired_at is null`
  await stopEndpoints(transaction, authorityId)
  await makeCrlsDue(transaction, [authorityId], at)
}
