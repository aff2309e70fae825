import { mdmConnectorContract } from '@/lib/services/testing/mdm-connector-contract'
import { hookMessageStore } from './hook-messages'
import { connectorCallStore, connectorUpkeepStore, mdmConnectorRows, mdmConnectorStore } from './mdm-connectors'
import { postgresBacking } from './testing/postgres-backing'

mdmConnectorContract('connectors on Postgres', async () => {
  const backing = await postgresBacking()
  const { database } = backing
  return {
    backing,
    stores: {
      rows: mdmConnectorRows(database),
      connectors: mdmConnectorStore(database),
      calls: connectorCallStore(database),
      upkeep: connectorUpkeepStore(database),
      messages: hookMessageStore(database),
      async age(days) {
        await database.$executeRaw`update connector_call set at = at - make_interval(days => ${days}::int)`
        await database.$executeRaw`update hook_message set claimed_at = claimed_at - make_interval(days => ${days}::int)`
      },
      async addDevice(device) {
        await database.device.create({ data: { id: crypto.randomUUID(), ...device }, select: { id: true } })
      },
    },
  }
})
