/** Jamf Pro and an organisation that is connected to it: what the tests of both have in common. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { type TestDatabase, testDatabase } from '@/e2e/fixtures/database'
import { type CommandResult, startInstallation } from '@/e2e/fixtures/installation'
import { type GroupCreated, type Organisation, setUp } from '@/e2e/fixtures/organisation'
import { type Jamf, startJamf } from '@/e2e/simulators/jamf'
import type { EventName } from '@/e2e/simulators/jamf-bodies'
import type { Profile } from '@/e2e/simulators/jamf-profiles'
import type { ApiClient } from '@/e2e/simulators/jamf-state'
import { buildServices, type Services } from '@/lib/server'
import { systemActor } from '@/lib/services/actor'
import type { CallView } from '@/lib/services/mdm-connector-calls'
import { jamfReading } from './jamf-reading'

export interface JamfPortal {
  jamf: Jamf
  client: ApiClient
  portal: Organisation
  staff: GroupCreated
  /** With the webhook SCEPChallenge. */
  profile: Profile
  hookUrl: string
  hookSecret: string
  /** The product's services in this process, beside those that run: for what has no command. */
  services: Services
  database: TestDatabase
  /** "Sync now": the whole inventory. */
  sync(): Promise<void>
  sql<Row>(text: string, values?: unknown[]): Promise<Row[]>
  connector(...args: string[]): Promise<CommandResult>
  calls(filter?: { operation?: string; outcome?: 'success' | 'refused' | 'failed' }): Promise<CallView[]>
  close(): Promise<void>
}

export const TEST_ACTOR = systemActor('cli', 'test')
/** Those that matter to us, of both kinds of devices. */
export const EVENTS: readonly EventName[] = [
  ...(['SCEPChallenge', 'ComputerAdded', 'ComputerInventoryCompleted', 'ComputerPushCapabilityChanged'] as const),
  ...(['MobileDeviceEnrolled', 'MobileDeviceUnEnrolled', 'MobileDeviceInventoryCompleted'] as const),
  ...(['RestAPIOperation', 'SmartGroupComputerMembershipChange', 'JSSStartup'] as const),
]

/** As it stands in the profile, and therefore in the connector. */
const SUBJECT = 'CN=$SERIALNUMBER,O=Example'

export async function startJamfPortal(settings: Readonly<Record<string, string>> = {}): Promise<JamfPortal> {
  const jamf = await startJamf()
  const client = jamf.state.addClient()
  const database = await testDatabase()
  const env = { LATCHKEY_OUTBOUND_ALLOW: `http://127.0.0.1:${jamf.port}` }
  const portal = await setUp(await startInstallation({ databaseUrl: database.url, env }))
  const staff = await portal.createGroup('Staff', 'p256')
  const set = {
    url: jamf.url,
    clientId: client.clientId,
    endpoint: staff.endpoint.slug,
    subjectTemplate: SUBJECT,
    ...settings,
  }
  const connector = (...args: string[]) =>
    portal.cli(['connector', ...args, '--json'], JSON.stringify({ clientSecret: client.secret }))
  const named = ['--kind', 'jamf', '--name', 'Jamf Pro', '--slug', 'jamf', '--credential-stdin']
  const entries = Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`])
  const created = await connector('create', ...named, ...entries)
  if (created.code !== 0) throw new Error(`connector create: ${created.stdout} ${created.stderr}`)
  const { hookUrl, hookSecret } = created.json as { hookUrl: string; hookSecret: string }
  jamf.addWebhooks(EVENTS, { url: hookUrl, authentication: { type: 'basic', user: 'jamf', password: hookSecret } })
  const profile = jamf.addProfile({ url: staff.endpoint.scepUrl, subject: SUBJECT })
  const instance = readFileSync(join(portal.dataDir, 'run', 'instances', `${portal.pid}.json`), 'utf8')
  const { signerSocket } = JSON.parse(instance) as { signerSocket: string }
  const services = buildServices({
    ...{ databaseUrl: database.url, signerSocket, publicUrl: new URL(portal.url), statusUrl: new URL(portal.url) },
    outboundAllow: [{ host: '127.0.0.1', port: jamf.port, prefix: null, plain: true }],
    log: () => {},
  })
  const reading = jamfReading(database.url, signerSocket, async () => {})
  const admin = new pg.Client({ connectionString: database.adminUrl })
  await admin.connect()
  return {
    ...{ jamf, client, portal, staff, profile, hookUrl, hookSecret, services, database, connector, sync: reading.read },
    async sql<Row>(text: string, values: unknown[] = []) {
      return (await admin.query(text, values)).rows as Row[]
    },
    async calls(filter = {}) {
      return (await services.mdmConnectors.calls(TEST_ACTOR, 'jamf', filter, { limit: 200 })).items
    },
    async close() {
      await reading.close()
      await services.close()
      await portal.stop()
      await jamf.close()
      await admin.end()
      await database.drop()
    },
  }
}
