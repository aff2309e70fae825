/** The reading of Jamf Pro's inventory as the job does it, in this process and at once: the job looks every few seconds. */

import { signerClient } from '@/lib/adapters/keys/signer-client'
import { jamfClient } from '@/lib/adapters/mdm/jamf-client'
import { guardedFetch } from '@/lib/adapters/net/guarded-fetch'
import { openDatabase } from '@/lib/adapters/store/database'
import { deviceReportStore } from '@/lib/adapters/store/device-reports'
import { jamfDeviceRows } from '@/lib/adapters/store/jamf-devices'
import { connectorCallStore, mdmConnectorRows } from '@/lib/adapters/store/mdm-connectors'
import { isRefusal } from '@/lib/errors'
import { createDeviceReports } from '@/lib/services/device-reports'
import { createEntitlingGroups } from '@/lib/services/jamf-groups'
import { createJamfSync, syncState } from '@/lib/services/jamf-sync'
import { createConnectorCalls } from '@/lib/services/mdm-connector-calls'

const HERE = { host: '127.0.0.0', port: null, prefix: 8, plain: true }
const MOST_BYTES = 8 * 1_048_576

export interface JamfReading {
  /** The whole inventory of every connector, whenever it was read last. */
  read(): Promise<void>
  close(): Promise<void>
}

/** `pause` replaces the waiting for a server that is busy. */
export function jamfReading(databaseUrl: string, signerSocket: string, pause?: () => Promise<void>): JamfReading {
  const database = openDatabase(databaseUrl)
  const clock = () => new Date()
  const monotonic = () => performance.now()
  const rows = mdmConnectorRows(database)
  const calls = createConnectorCalls({ store: connectorCallStore(database), log: () => {} })
  const outbound = guardedFetch({ rules: [HERE], mostBytes: MOST_BYTES })
  const signer = signerClient(signerSocket)
  const api = jamfClient({ outbound, calls, signer, ...(pause && { pause }) })
  const sync = createJamfSync({
    ...{ api, calls, monotonic, clock },
    rows: {
      connector: (id) => rows.connector(id),
      learn: (id, state) => rows.learn(id, state),
      // Wanted in this process alone: the installation's own job would begin a reading as well, which ends this one.
      connectorsOf: async (kind) =>
        (await rows.connectorsOf(kind)).map((connector) => ({
          ...connector,
          state: { ...syncState(connector.state), syncWantedAt: clock().toISOString() },
        })),
    },
    devices: jamfDeviceRows(database),
    groups: createEntitlingGroups({ api, calls, monotonic }),
    reports: createDeviceReports({ store: deviceReportStore(database), clock }),
  })
  return {
    async read() {
      for (;;) {
        const over = await sync.run(clock()).catch((error: unknown) => error)
        if (over === undefined) return
        // The job's first reading of a new connector, which is nobody's wish.
        if (!(isRefusal(over, 'conflict') && over.reason === 'sync_over')) throw over
      }
    },
    close: () => database.$disconnect(),
  }
}
