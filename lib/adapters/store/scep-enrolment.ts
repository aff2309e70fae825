/** What a SCEP request reads and writes in Postgres: its endpoint, and the row that gives it its turn. */
import { FAIL_INFO_NUMBER } from '@/lib/scep/fail-info'
import type { KnownTransaction } from '@/lib/services/enrolment-turns'
import type { ScepEndpoint } from '@/lib/services/scep-endpoints'
import type { ScepEnrolmentStore } from '@/lib/services/scep-enrolment'
import { bytes } from './certificate-rows'
import { finishRow } from './challenge-redemption'
import { type Database, transact } from './database'
import { ENDPOINT_SETTINGS, endpointSettings } from './endpoint-rows'
import { Prisma } from './generated/client'
import { guarded } from './outage'

export function scepEnrolmentStore(database: Database): ScepEnrolmentStore {
  return guarded<ScepEnrolmentStore>({
    endpoint: (slug) => readEndpoint(database, slug),

    async begin(attempt) {
      for (;;) {
        const [row] = await database.$queryRaw<{ id: string }[]>`
          insert into enrolment_transaction (id, endpoint_id, transaction_id, message_type, csr_sha256, spki_sha256, signer_spki_sha256, subject, source_ip, user_agent, client)
          values (${crypto.randomUUID()}::uuid, ${attempt.endpointId}::uuid, ${bytes(attempt.transactionId)}, ${attempt.messageType}, ${bytes(attempt.csrSha256)},
            ${bytes(attempt.spkiSha256)}, ${bytes(attempt.signerSpkiSha256)}, ${attempt.subject}, ${attempt.sourceIp}, ${attempt.userAgent}, ${attempt.client})
          on conflict (endpoint_id, transaction_id, csr_sha256) where superseded_at is null do nothing
          returning id`
        if (row !== undefined) return { started: true, id: row.id }
        const known = await readKnown(
          database,
          Prisma.sql`t.endpoint_id = ${attempt.endpointId}::uuid and t.transaction_id = ${bytes(attempt.transactionId)}
          and t.csr_sha256 = ${bytes(attempt.csrSha256)} and t.superseded_at is null`,
        )
        // Superseded between the two statements: the place is free again.
        if (known !== null) return { started: false, known }
      }
    },

    async takeOver(id, abandonedAfterSeconds, refusedFor) {
      const taken = await database.$executeRaw`
        update enrolment_transaction set state = 'received', claimed_at = now(), reason = null, detail = null, fail_info = null, finished_at = null
        where id = ${id}::uuid and superseded_at is null
          and (state = 'failed' or (state = 'refused' and reason = ${refusedFor ?? null}::text) or (state = 'received' and claimed_at < now() - make_interval(secs => ${abandonedAfterSeconds}::int)))`
      return taken === 1
    },

    async supersede(id) {
      await database.$executeRaw`
        update enrolment_transaction set superseded_at = now() where id = ${id}::uuid and superseded_at is null and state in ('issued', 'refused')`
    },

    async finish(id, row, challengeId, events) {
      await transact(database, async (transaction) => {
        const count = await finishRow(transaction, id, row, challengeId)
        return { result: undefined, events: count === 1 ? events : [] }
      })
    },

    async finishIssued(id, certificateId) {
      await database.$executeRaw`
        update enrolment_transaction set state = 'issued', certificate_id = ${certificateId}::uuid, reason = null, detail = null, fail_info = null, finished_at = now(),
          challenge_id = (select challenge_id from certificate where certificate.id = ${certificateId}::uuid)
        where id = ${id}::uuid and state in ('received', 'failed')`
      const known = await readKnown(database, Prisma.sql`t.id = ${id}::uuid`)
      if (known === null) throw new Error(`enrolment transaction ${id} is gone`)
      return known
    },

    async refuseAtOnce(attempt, row, challengeId, events) {
      await transact(database, async (transaction) => {
        const optional = (value: Uint8Array | null) => (value === null ? null : bytes(value))
        await transaction.$executeRaw`
          insert into enrolment_transaction (id, endpoint_id, transaction_id, message_type, csr_sha256, spki_sha256, signer_spki_sha256, state, reason, detail,
            fail_info, subject, challenge_id, source_ip, user_agent, client, finished_at, superseded_at)
          values (${crypto.randomUUID()}::uuid, ${attempt.endpointId}::uuid, ${bytes(attempt.transactionId)}, ${attempt.messageType}, ${optional(attempt.csrSha256)},
            ${optional(attempt.spkiSha256)}, ${optional(attempt.signerSpkiSha256)}, ${row.state}::"TransactionState", ${row.reason}, ${row.detail.slice(0, 2_000)},
            ${row.failInfo === null ? null : FAIL_INFO_NUMBER[row.failInfo]}, ${attempt.subject}, ${challengeId}::uuid, ${attempt.sourceIp}, ${attempt.userAgent}, ${attempt.client},
            now(), now())`
        return { result: undefined, events }
      })
    },

    async findForPoll(endpointId, transactionId, keySha256) {
      return readKnown(
        database,
        Prisma.sql`t.endpoint_id = ${endpointId}::uuid and t.transaction_id = ${bytes(transactionId)} and t.superseded_at is null
        and (t.signer_spki_sha256 = ${bytes(keySha256)} or t.spki_sha256 = ${bytes(keySha256)})`,
      )
    },
  })
}

interface KnownRow {
  id: string
  state: KnownTransaction['state']
  reason: string | null
  detail: string | null
  spki_sha256: Uint8Array | null
  signer_spki_sha256: Uint8Array | null
  finished_at: Date | null
  certificate_id: string | null
  serial: string | null
  name: string | null
  der: Uint8Array | null
  not_after: Date | null
  revoked_at: Date | null
}

/** The newest row that fits. */
async function readKnown(database: Database, condition: Prisma.Sql): Promise<KnownTransaction | null> {
  const [row] = await database.$queryRaw<KnownRow[]>`
    select t.id, t.state, t.reason, t.detail, t.spki_sha256, t.signer_spki_sha256, t.finished_at,
      x.id as certificate_id, x.serial, x.subject as name, x.der, x.not_after, x.revoked_at
    from enrolment_transaction t
    left join certificate x on x.id = t.certificate_id and x.state = 'issued'
    where ${condition}
    order by t.created_at desc
    limit 1`
  if (row === undefined) return null
  const { certificate_id: id, serial, name, der, not_after: notAfter } = row
  return {
    id: row.id,
    state: row.state,
    reason: row.reason,
    detail: row.detail,
    spkiSha256: row.spki_sha256,
    signerSpkiSha256: row.signer_spki_sha256,
    finishedAt: row.finished_at,
    certificate:
      id === null || serial === null || name === null || der === null || notAfter === null
        ? null
        : { id, serial, name, der, notAfter, revokedAt: row.revoked_at },
  }
}

const ENDPOINT = {
  id: true,
  slug: true,
  enabled: true,
  policy: true,
  ...ENDPOINT_SETTINGS,
  authorityId: true,
  group: { select: { slug: true } },
  profile: { select: { minRsaBits: true, ellipticCurves: true, extendedKeyUsage: true } },
  registrationAuthorities: {
    select: { id: true, keyId: true, certificateDer: true, notBefore: true, notAfter: true, retiredAt: true },
  },
} as const

async function readEndpoint(database: Database, slug: string): Promise<ScepEndpoint | null> {
  const found = await database.endpoint.findMany({
    where: slug === '' ? { protocol: 'scep' } : { slug, protocol: 'scep' },
    select: ENDPOINT,
    take: 2,
  })
  const [endpoint] = found
  // A default path leads somewhere only while there is no doubt where.
  if (endpoint === undefined || found.length > 1) return null
  const { authorityId, group, profile, registrationAuthorities, ...rest } = endpoint
  return {
    ...rest,
    ...endpointSettings(rest),
    groupSlug: group.slug,
    profile,
    registrationAuthorities: registrationAuthorities.flatMap(({ certificateDer, ...ra }) =>
      certificateDer === null ? [] : [{ ...ra, certificateDer }],
    ),
    chain: await readChain(database, authorityId),
  }
}

async function readChain(database: Database, authorityId: string): Promise<Uint8Array[]> {
  const rows = await database.$queryRaw<{ certificate_der: Uint8Array }[]>`
    with recursive chain as (
      select a.certificate_der, a.parent_id, 0 as height from authority a where a.id = ${authorityId}::uuid
      union all
      select a.certificate_der, a.parent_id, chain.height + 1 from authority a join chain on a.id = chain.parent_id where chain.height < 8
    )
    select certificate_der from chain where certificate_der is not null order by height`
  return rows.map(({ certificate_der }) => certificate_der)
}
