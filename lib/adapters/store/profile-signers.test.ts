/** Signers of profiles keep their promises in memory and on Postgres. */
import { memoryBacking } from '@/lib/services/testing/harness'
import { profileContract } from '@/lib/services/testing/profile-contract'
import { postgresBacking } from './testing/postgres-backing'

profileContract('in memory', async () => memoryBacking())
profileContract('on Postgres', postgresBacking)
