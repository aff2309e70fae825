/** What a SCEP request reads and writes in Postgres: its endpoint, and the row that gives it its turn. */
import { FAIL_INFO_NUMBER } from '@/lib/scep/fail-info'
import type { KnownTransaction } from '@/lib/services/enrolment-turns'
import { newRowId } from '@/lib/services/row-id'
import type { ScepEndpoint } from '@/lib/services/scep-endpoints'
import type { ScepEnrolmentStore } from '@/lib/services/scep-enrolment'
import { bytes } from './certificate-rows'
import { finishRow } from './challenge-redemption'
import { type Database, transact } from './database'
import { defaultEndpointId } from './default-endpoint'
import { ENDPOINT_SETTINGS, endpointSettings } from './endpoint-rows'
import { beginTogether } from './enrolment-statements'
import { Prisma } from './generated/client'
import { guarded } from './outage'

export function scepEnrolmentStore(database: Database): ScepEnrolmentStore {
  const begin = beginTogether(database)
  return guarded<ScepEnrolmentStore>({
    endpoint: (slug) => readEndpoint(database, slug),

    async begin(attempt) {
      for (;;) {
        const id = await begin(attempt)
        if (id !== null) return { started: true, id }
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
        update enrolment_transaction set state = 'received', with_intent = false, claimed_at = now(), reason = null, detail = null, fail_info = null,
          finished_at = null
        where id = ${id}::uuid and superseded_at is null
          and (state = 'failed' or (state = 'refused' and reason = ${refusedFor ?? null}::text) or (state = 'received' and claimed_at < now() - make_interval(secs => ${abandonedAfterSeconds}::int)))`
      return taken === 1
    },

    async supersede(id) {
      await database.$executeRaw`
        update enrolment_transaction t set superseded_at = now() where id = ${id}::uuid and superseded_at is null and (state in ('issued', 'refused') or ${waitedTooLong})`
    },

    async delivered(id) {
      await database.$executeRaw`
        update enrolment_transaction set delivered_at = now() where id = ${id}::uuid and state = 'issued' and expires_at is not null and delivered_at is null`
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
      const id = newRowId()
      return transact(database, async (transaction) => {
        const optional = (value: Uint8Array | null) => (value === null ? null : bytes(value))
        await transaction.$executeRaw`
          insert into enrolment_transaction (id, endpoint_id, transaction_id, message_type, csr_sha256, spki_sha256, signer_spki_sha256, state, reason, detail,
            fail_info, subject, challenge_id, source_ip, user_agent, client, policy_version, finished_at, superseded_at)
          values (${id}::uuid, ${attempt.endpointId}::uuid, ${bytes(attempt.transactionId)}, ${attempt.messageType}, ${optional(attempt.csrSha256)},
            ${optional(attempt.spkiSha256)}, ${optional(attempt.signerSpkiSha256)}, ${row.state}::"TransactionState", ${row.reason}, ${row.detail.slice(0, 2_000)},
            ${row.failInfo === null ? null : FAIL_INFO_NUMBER[row.failInfo]}, ${attempt.subject}, ${challengeId}::uuid, ${attempt.sourceIp}, ${attempt.userAgent}, ${attempt.client},
            ${attempt.policyVersion}, now(), now())`
        return { result: id, events }
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
  undelivered: boolean
  certificate_id: string | null
  serial: string | null
  name: string | null
  der: Uint8Array | null
  not_after: Date | null
  revoked_at: Date | null
  renewal: boolean
}

/** Nobody decided in time, whether or not the job has been by. */
const waitedTooLong = Prisma.sql`(t.state = 'pending' and t.expires_at <= now())`

/** The newest row that fits. */
async function readKnown(database: Database, condition: Prisma.Sql): Promise<KnownTransaction | null> {
  const [row] = await database.$queryRaw<KnownRow[]>`
    select t.id, case when ${waitedTooLong} then 'refused' else t.state::text end as state,
      case when ${waitedTooLong} then 'request_expired' else t.reason end as reason, t.detail, t.spki_sha256, t.signer_spki_sha256,
      case when ${waitedTooLong} then t.expires_at when t.state = 'issued' and t.expires_at is not null then t.delivered_at else t.finished_at end as finished_at,
      (t.state = 'issued' and t.expires_at is not null and t.delivered_at is null) as undelivered,
      x.id as certificate_id, x.serial, x.subject as name, x.der, x.not_after, x.revoked_at,
      x.renews_certificate_id is not null as renewal
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
    undelivered: row.undelivered,
    certificate:
      id === null || serial === null || name === null || der === null || notAfter === null
        ? null
        : { id, serial, name, der, notAfter, revokedAt: row.revoked_at, renewal: row.renewal },
  }
}

const ENDPOINT = {
  id: true,
  slug: true,
  enabled: true,
  policy: true,
  policyVersion: true,
  ...ENDPOINT_SETTINGS,
} as const

async function readEndpoint(database: Database, slug: string): Promise<ScepEndpoint | null> {
  const id = slug === '' ? await defaultEndpointId(database) : null
  if (slug === '' && id === null) return null
  const endpoint = await database.endpoint.findUnique({
    where: id === null ? { slug, protocol: 'scep' } : { id, protocol: 'scep' },
    select: ENDPOINT,
  })
  if (endpoint === null) return null
  const surroundings = await readSurroundings(database, endpoint.id)
  return surroundings && { ...endpoint, ...endpointSettings(endpoint), ...surroundings }
}

interface SurroundingsRow {
  group_slug: string
  min_rsa_bits: number
  elliptic_curves: string[]
  extended_key_usage: string[]
  validator_kind: string | null
  issuer_id: string | null
  issuer_key_id: string | null
  issuer_der: Uint8Array | null
  chain: Uint8Array[]
  next_chain: Uint8Array[]
  device_lookups: string[]
  ra_id: string | null
  ra_key_id: string
  ra_der: Uint8Array
  ra_not_before: Date
  ra_not_after: Date
  ra_retired_at: Date | null
  ra_staged: boolean
}

/** Everything it points to, as it was at one moment: when a rollover switches, nothing is of both issuers. */
async function readSurroundings(
  database: Database,
  endpointId: string,
): Promise<Omit<ScepEndpoint, keyof typeof ENDPOINT> | null> {
  const rows = await database.$queryRaw<SurroundingsRow[]>`
    select g.slug as group_slug, p.min_rsa_bits, p.elliptic_curves, p.extended_key_usage, v.kind as validator_kind,
      a.id as issuer_id, a.key_id as issuer_key_id, a.certificate_der as issuer_der, ${chainFrom(Prisma.sql`a.id`)} as chain,
      ${chainFrom(Prisma.sql`n.id`)} as next_chain,
      array(select k.id from connector k where k.kind = 'jamf' and k.settings->>'endpoint' = e.slug
        and coalesce(k.settings->'lookupBeforeIssuing' = 'true'::jsonb, false) order by k.id) as device_lookups,
      r.id as ra_id, r.key_id as ra_key_id, r.certificate_der as ra_der, r.not_before as ra_not_before,
      r.not_after as ra_not_after, r.retired_at as ra_retired_at, r.authority_id is not null as ra_staged
    from endpoint e
    join "group" g on g.id = e.group_id
    join profile p on p.id = e.profile_id
    left join authority a on a.id = e.authority_id
    left join authority n on n.replaces_id = a.id and n.status = 'staged' and n.certificate_der is not null
    left join validator v on v.id = e.validator_id
    left join registration_authority r on r.endpoint_id = e.id and r.certificate_der is not null
    where e.id = ${endpointId}::uuid`
  const [row] = rows
  if (row === undefined) return null
  return {
    groupSlug: row.group_slug,
    profile: {
      minRsaBits: row.min_rsa_bits,
      ellipticCurves: row.elliptic_curves,
      extendedKeyUsage: row.extended_key_usage,
    },
    validatorKind: row.validator_kind === 'intune' ? 'intune' : row.validator_kind === null ? null : 'webhook',
    issuer:
      row.issuer_id === null || row.issuer_key_id === null || row.issuer_der === null
        ? null
        : { id: row.issuer_id, keyId: row.issuer_key_id, certificateDer: row.issuer_der },
    chain: row.chain,
    nextChain: row.next_chain,
    deviceLookups: row.device_lookups,
    registrationAuthorities: rows.flatMap((ra) =>
      ra.ra_id === null
        ? []
        : {
            id: ra.ra_id,
            keyId: ra.ra_key_id,
            certificateDer: ra.ra_der,
            notBefore: ra.ra_not_before,
            notAfter: ra.ra_not_after,
            retiredAt: ra.ra_retired_at,
            staged: ra.ra_staged,
          },
    ),
  }
}

/** The certificates of an authority and of those above it. */
function chainFrom(authorityId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`array(
    with recursive above as (
      select c.certificate_der, c.parent_id, 0 as height from authority c where c.id = ${authorityId}
      union all
      select c.certificate_der, c.parent_id, above.height + 1 from authority c join above on c.id = above.parent_id where above.height < 8
    )
    select above.certificate_der from above where above.certificate_der is not null order by above.height)`
}
