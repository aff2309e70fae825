/** The backing of enrolment tests on a Postgres database of its own. */
import { approvalStore } from '@/lib/adapters/store/approvals'
import { atOnceStore } from '@/lib/adapters/store/at-once'
import { alarmStore } from '@/lib/adapters/store/challenge-alarms'
import { challengePageStore } from '@/lib/adapters/store/challenge-page'
import { redemptionStore } from '@/lib/adapters/store/challenge-redemption'
import { challengeUpkeepStore } from '@/lib/adapters/store/challenge-upkeep'
import { challengeStore } from '@/lib/adapters/store/challenges'
import { openDatabase, transact } from '@/lib/adapters/store/database'
import { defaultEndpointStore } from '@/lib/adapters/store/default-endpoint'
import { deviceStore } from '@/lib/adapters/store/devices'
import { flightRecordStore } from '@/lib/adapters/store/flight-records'
import { grantStore } from '@/lib/adapters/store/grants'
import { minterStore, signedStore } from '@/lib/adapters/store/minters'
import { renewalStore } from '@/lib/adapters/store/renewals'
import { scepEnrolmentStore } from '@/lib/adapters/store/scep-enrolment'
import { queryStore } from '@/lib/adapters/store/scep-queries'
import { simulationStore } from '@/lib/adapters/store/simulation'
import { staticSecretStore } from '@/lib/adapters/store/static-secrets'
import { supersessionStore } from '@/lib/adapters/store/supersession'
import { transactionStore } from '@/lib/adapters/store/transactions'
import { parseEvent } from '@/lib/services/audit-events'
import type { EnrolmentBacking } from '@/lib/services/testing/enrolment'
import { postgresBacking } from './postgres-backing'

const AGED = {
  challenge: ['not_before', 'expires_at', 'created_at', 'reserved_at', 'consumed_at'],
  enrolment_transaction: ['created_at', 'claimed_at', 'finished_at', 'expires_at', 'delivered_at'],
  approval_request: ['created_at', 'expires_at', 'decided_at'],
  challenge_page_account: ['created_at', 'secret_since', 'previous_secret_until', 'last_used_at', 'last_refused_at'],
  static_secret: ['created_at', 'expires_at', 'revoked_at', 'last_used_at'],
} as const
const TABLES = {
  challenge: ['challenge', 'id'],
  transaction: ['enrolment_transaction', 'id'],
  approval: ['approval_request', 'enrolment_transaction_id'],
  'static-secret': ['static_secret', 'id'],
  'page-account': ['challenge_page_account', 'id'],
} as const

export async function postgresEnrolmentBacking(): Promise<
  EnrolmentBacking & Awaited<ReturnType<typeof postgresBacking>>
> {
  const backing = await postgresBacking()
  const { database } = backing
  const owner = openDatabase(ownersUrl(backing.url), 2)
  return {
    ...backing,
    minters: { minters: minterStore(database), signed: signedStore(database) },
    forgetting: challengeUpkeepStore(owner),
    close: async () => {
      await owner.$disconnect()
      await backing.close()
    },
    enrolment: {
      alarms: alarmStore(database),
      challenges: challengeStore(database),
      redemption: redemptionStore(database),
      atOnce: atOnceStore(database),
      enrolment: scepEnrolmentStore(database),
      grants: grantStore(database),
      upkeep: challengeUpkeepStore(database),
      transactions: transactionStore(database),
      renewals: renewalStore(database),
      queries: queryStore(database),
      supersession: supersessionStore(database),
      staticSecrets: staticSecretStore(database),
      approvals: approvalStore(database),
      flights: flightRecordStore(database),
      simulation: simulationStore(database),
      devices: deviceStore(database),
      defaultEndpoint: defaultEndpointStore(database),
      challengePage: challengePageStore(database),
    },
    now: () => new Date(),
    async setEndpoint(slug, settings) {
      await database.endpoint.update({ where: { slug }, data: settings, select: { id: true } })
    },
    record: (entry) => transact(database, async () => ({ result: undefined, events: [entry] })),
    async age(what, id, minutes) {
      const [table, key] = TABLES[what]
      const set = AGED[table]
        .map((column) => `${column} = ${column} - make_interval(mins => ${Math.trunc(minutes)})`)
        .join(', ')
      await database.$executeRawUnsafe(`update ${table} set ${set} where ${key} = '${id}'::uuid`)
    },
    async configure(endpointId, settings) {
      await database.endpoint.update({ where: { id: endpointId }, data: settings, select: { id: true } })
    },
    async line(certificateId) {
      const { renewsCertificateId, lineageId, supersedeAt } = await database.certificate.findUniqueOrThrow({
        where: { id: certificateId },
      })
      return { renews: renewsCertificateId, lineageId, supersedeAt }
    },
    async rebind(id, constraints) {
      await database.challenge.update({ where: { id }, data: { constraints: JSON.parse(JSON.stringify(constraints)) } })
    },
    async revokeOnSecondKey(id) {
      await database.endpoint.update({ where: { id }, data: { revokeOnSecondKey: true } })
    },
    async tables() {
      const tables = await database.$queryRaw<{ name: string }[]>`
        select tablename as name from pg_tables where schemaname = 'public' order by tablename`
      const fingerprints = tables.map(async ({ name }) => {
        const [row] = await owner.$queryRawUnsafe<{ md5: string }[]>(
          `select count(*) || ' ' || md5(coalesce(string_agg(t::text, ' ' order by t::text), '')) as md5 from "${name}" t`,
        )
        return [name, row?.md5 ?? ''] as const
      })
      return Object.fromEntries(await Promise.all(fingerprints))
    },
    async crlDue(id) {
      const { crlDueSince } = await database.authority.findUniqueOrThrow({
        where: { id },
        select: { crlDueSince: true },
      })
      return crlDueSince !== null
    },
    async events() {
      const rows = await database.auditEvent.findMany({ orderBy: { seq: 'asc' }, select: { payload: true } })
      return rows.map(({ payload }) => {
        const { type, outcome, reason, object, data } = parseEvent(payload)
        return { type, outcome, ...(reason === undefined ? {} : { reason }), object, data: data ?? {} }
      })
    },
  }
}

/** The same database as the role that made it, which may do what the processes may not. */
function ownersUrl(url: string): string {
  const owner = new URL(process.env.LATCHKEY_TEST_DATABASE ?? url)
  owner.pathname = new URL(url).pathname
  return owner.href
}
