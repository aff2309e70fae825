import { authorityImportContract } from './testing/authority-import-contract'
import { memoryBacking } from './testing/harness'

authorityImportContract('authorities from elsewhere, in memory', async () => memoryBacking())
