import { memoryBacking } from './testing/harness'
import { mdmConnectorContract } from './testing/mdm-connector-contract'
import { memoryMdmConnectorStores } from './testing/mdm-connector-stores'
import { emptyWorld } from './testing/world'

mdmConnectorContract('connectors in memory', async () => {
  const world = emptyWorld(() => new Date())
  return { backing: memoryBacking(world), stores: memoryMdmConnectorStores(world) }
})
