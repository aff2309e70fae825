/** The same installation for tests as in memory, on a Postgres database of its own. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { testDatabase } from '@/e2e/fixtures/database'
import { authorityStore, registrationAuthorityStore } from '@/lib/adapters/store/authorities'
import { authorityImportStore } from '@/lib/adapters/store/authority-imports'
import { bulkRevocationStore } from '@/lib/adapters/store/bulk-revocations'
import { certificateStore } from '@/lib/adapters/store/certificates'
import { crlListStore } from '@/lib/adapters/store/crl-lists'
import { shardStore } from '@/lib/adapters/store/crl-shards'
import { type Database, openDatabase } from '@/lib/adapters/store/database'
import { groupStore } from '@/lib/adapters/store/groups'
import { issuanceStore } from '@/lib/adapters/store/issuance'
import { ocspStore } from '@/lib/adapters/store/ocsp'
import { ocspResponderStore } from '@/lib/adapters/store/ocsp-responders'
import { profileSignerStore } from '@/lib/adapters/store/profile-signers'
import { statusStore } from '@/lib/adapters/store/status'
import { trustStore } from '@/lib/adapters/store/trust'
import { parseEvent } from '@/lib/services/audit-events'
import type { SignerRecords } from '@/lib/services/testing/fake-signer'
import type { Backing } from '@/lib/services/testing/harness'

export async function postgresBacking(): Promise<Backing & { database: Database; url: string; adminUrl: string }> {
  const { url, adminUrl, drop } = await testDatabase()
  const database = openDatabase(url)
  const addTransaction = async (endpointId: string, now: Date) => {
    const hash = () => new Uint8Array(randomBytes(32))
    const data = {
      id: crypto.randomUUID(),
      endpointId,
      transactionId: hash(),
      messageType: 19,
      csrSha256: hash(),
      spkiSha256: hash(),
      signerSpkiSha256: hash(),
      sourceIp: '192.0.2.9',
      userAgent: 'device',
      createdAt: now,
    }
    return (await database.enrolmentTransaction.create({ data, select: { id: true } })).id
  }
  return {
    database,
    url,
    adminUrl,
    stores: {
      authorities: authorityStore(database),
      authorityImports: authorityImportStore(database),
      registrationAuthorities: registrationAuthorityStore(database),
      groups: groupStore(database),
      issuance: issuanceStore(database),
      certificates: certificateStore(database),
      bulkRevocations: bulkRevocationStore(database),
      status: statusStore(database),
      ocspResponders: ocspResponderStore(database),
      profileSigners: profileSignerStore(database),
      ocsp: ocspStore(database),
      shards: shardStore(database),
      crlLists: crlListStore(database),
      trust: trustStore(database),
    },
    records: recordsIn(database),
    addTransaction,
    async addOrganisation(name, rootId) {
      await database.organisation.create({ data: { name, rootId } })
    },
    async addReservedChallenge({ endpointId, spkiSha256, expiresAt, now }) {
      const id = crypto.randomUUID()
      const enrolmentTransactionId = await addTransaction(endpointId, now)
      await database.challenge.create({
        data: {
          id,
          endpointId,
          handleHash: new Uint8Array(randomBytes(32)),
          state: 'reserved',
          notBefore: new Date(now.getTime() - 1_000),
          expiresAt,
          constraints: { v: 1, subject: [], san: [] },
          subject: 'CN=tablet-7',
          mintedBy: 'Ada Admin',
          mintedVia: 'ui',
          createdAt: now,
          reservedBy: enrolmentTransactionId,
          reservedCsrSha256: new Uint8Array(randomBytes(32)),
          reservedSpkiSha256: new Uint8Array(spkiSha256),
          reservedAt: now,
        },
      })
      return { challengeId: id, enrolmentTransactionId }
    },
    async setChallenge(id, state) {
      await database.challenge.update({ where: { id }, data: { state } })
    },
    challengeState: async (id) => (await database.challenge.findUniqueOrThrow({ where: { id } })).state,
    transaction: async (id) =>
      database.enrolmentTransaction.findUniqueOrThrow({
        where: { id },
        select: { state: true, reason: true, certificateId: true },
      }),
    certificateState: async (id) => (await database.certificate.findUniqueOrThrow({ where: { id } })).state,
    crlDueSince: async (id) => (await database.authority.findUniqueOrThrow({ where: { id } })).crlDueSince,
    setNotAfter: (id, notAfter) => moveInTime(adminUrl, id, 'not_after', notAfter),
    setNotBefore: (id, notBefore) => moveInTime(adminUrl, id, 'not_before', notBefore),
    async revokeAuthority(id, at) {
      const { certificateId } = await database.authority.update({ where: { id }, data: { status: 'revoked' } })
      await database.certificate.update({
        where: { id: certificateId },
        data: { revokedAt: at, revocationReason: 'cACompromise', revokedBy: 'Ada Admin' },
      })
    },
    trail: async () => {
      const rows = await database.auditEvent.findMany({ orderBy: { seq: 'asc' }, select: { payload: true } })
      return rows.map(({ payload }) => {
        const { type, outcome, reason = null, object } = parseEvent(payload)
        return { type, outcome, reason, object: object.type, objectId: object.id }
      })
    },
    close: async () => {
      const astray = await unspentAstray(database)
      await database.$disconnect()
      await drop()
      if (astray > 0) throw new Error(`${astray} challenges are not in challenge_unspent as they are.`)
    },
  }
}

/** Whatever a test did to challenges, the table beside them has followed. */
export async function unspentAstray(database: Database): Promise<number> {
  const [row] = await database.$queryRaw<[{ count: number }]>`
    select count(*)::int as count from challenge c full join challenge_unspent u on u.challenge_id = c.id
    where c.id is null or (u.challenge_id is null) <> (c.state = 'consumed')
      or (u.endpoint_id, u.page_account_id, u.origin, u.state, u.expires_at)
        is distinct from (c.endpoint_id, c.page_account_id, c.origin, c.index_state, c.expires_at) and c.state <> 'consumed'`
  return row.count
}

/** Past the trigger that keeps what a certificate says: time is turned by turning the certificate. */
async function moveInTime(adminUrl: string, id: string, column: 'not_before' | 'not_after', at: Date): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    await client.query('set session_replication_role = replica')
    await client.query(`update certificate set ${column} = $2 where id = $1`, [id, at])
  } finally {
    await client.end()
  }
}

/** What the fake signer looks up, as the real one does. */
export function recordsIn(database: Database): SignerRecords {
  return {
    async intent(certificateId) {
      const row = await database.certificate.findFirst({
        where: { id: certificateId, state: 'intent' },
        select: { tbs: true, authority: { select: { keyId: true } } },
      })
      return row?.tbs && row.authority?.keyId ? { keyId: row.authority.keyId, tbs: row.tbs } : null
    },
    async authorityKey(authorityId) {
      const { keyId } = await database.authority.findUniqueOrThrow({
        where: { id: authorityId },
        select: { keyId: true },
      })
      if (keyId === null) throw new Error('the key of this authority is elsewhere')
      return keyId
    },
  }
}
