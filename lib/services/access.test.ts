/** Access on the store in memory. */
import { accessContract } from './testing/people-contract'
import { memoryPeople } from './testing/people-store'

accessContract('the store in memory', async () => memoryPeople())
