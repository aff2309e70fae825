/** Reads the inventory twice, and prints how long it took and the most memory that this process ever had. */
import { jamfClient } from '@/lib/adapters/mdm/jamf-client'
import { guardedFetch } from '@/lib/adapters/net/guarded-fetch'
import { openDatabase } from '@/lib/adapters/store/database'
import { deviceReportStore } from '@/lib/adapters/store/device-reports'
import { jamfDeviceRows } from '@/lib/adapters/store/jamf-devices'
import { connectorCallStore, mdmConnectorRows } from '@/lib/adapters/store/mdm-connectors'
import { createDeviceReports } from '@/lib/services/device-reports'
import { createEntitlingGroups } from '@/lib/services/jamf-groups'
import { createJamfSync } from '@/lib/services/jamf-sync'
import { createConnectorCalls } from '@/lib/services/mdm-connector-calls'

/** The aims. */
const MOST_SECONDS = 60
const MOST_MEBIBYTES = 300

const [databaseUrl = '', port = '', devices = ''] = process.argv.slice(2)
await readTwice(databaseUrl, Number(port), Number(devices))
process.exit(0)

/** The first reading adds every device, the second finds each of them as it was. */
async function readTwice(databaseUrl: string, port: number, devices: number): Promise<void> {
  const database = openDatabase(databaseUrl)
  const id = crypto.randomUUID()
  const settings = { url: `http://127.0.0.1:${port}`, clientId: 'bench' }
  const shown = { id, kind: 'jamf', name: 'Jamf Pro', slug: 'jamf', createdBy: 'bench' }
  await database.connector.create({ data: { ...shown, settings, credentialSealed: Buffer.from('sealed') } })
  const rows = mdmConnectorRows(database)
  const calls = createConnectorCalls({ store: connectorCallStore(database), log: () => {} })
  const clock = () => new Date()
  const monotonic = () => performance.now()
  const api = jamfClient({
    outbound: guardedFetch({
      rules: [{ host: '127.0.0.1', port, prefix: null, plain: true }],
      mostBytes: 16 * 1024 * 1024,
    }),
    calls,
    signer: { open: async () => Buffer.from('{"clientSecret":"bench"}') },
  })
  const sync = createJamfSync({
    ...{ rows, calls, api, clock, monotonic },
    devices: jamfDeviceRows(database),
    groups: createEntitlingGroups({ api, calls, monotonic }),
    reports: createDeviceReports({ store: deviceReportStore(database), clock }),
  })
  const before = mostMebibytes()
  console.log(`before          ${before.toFixed(0).padStart(6)} MiB resident`)
  for (const [at, name] of ['first reading', 'second reading'].entries()) {
    const begun = performance.now()
    await sync.run(new Date(Date.now() + at * 9 * 3_600_000))
    const seconds = (performance.now() - begun) / 1_000
    const known = await database.device.count({ where: { connectorId: id, management: 'managed' } })
    if (known !== devices) throw new Error(`${known} devices are known after the ${name}`)
    print(name, seconds, devices, before)
  }
  await database.$disconnect()
}

/** What the process had before is the product's, sync or not. */
function print(name: string, seconds: number, devices: number, before: number): void {
  const most = mostMebibytes()
  const verdict = (good: boolean, aim: string) => (good ? `below ${aim}` : `above ${aim}`)
  console.log(
    `${name.padEnd(16)}${seconds.toFixed(1).padStart(6)} s (${verdict(seconds < MOST_SECONDS, `${MOST_SECONDS} s`)})   ${(devices / seconds).toFixed(0).padStart(6)} devices/s   ${(most - before).toFixed(0)} MiB more (${verdict(most - before < MOST_MEBIBYTES, `${MOST_MEBIBYTES} MiB`)}), ${most.toFixed(0)} MiB resident at most`,
  )
}

function mostMebibytes(): number {
  return process.resourceUsage().maxRSS / 1_024
}
