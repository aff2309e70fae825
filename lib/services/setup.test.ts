/** Set-up on the store in memory. */
import { setupContract } from './testing/setup-contract'
import { memoryFirstRun } from './testing/setup-store'

setupContract('the store in memory', async () => memoryFirstRun())
