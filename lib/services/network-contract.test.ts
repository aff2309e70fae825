import { memoryBacking, NOON } from './testing/harness'
import { networkContract } from './testing/network-contract'
import { memoryNetworkStores } from './testing/network-stores'
import { emptyWorld } from './testing/world'

networkContract('network access in memory', async () => {
  const world = emptyWorld(() => NOON)
  return { backing: memoryBacking(world), stores: memoryNetworkStores(world) }
})
