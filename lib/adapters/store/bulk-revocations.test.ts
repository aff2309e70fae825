/** Effective status and bulk revocation: in memory and on Postgres alike. */
import { memoryBacking } from '@/lib/services/testing/harness'
import { revocationContract } from '@/lib/services/testing/revocation-contract'
import { postgresBacking } from './testing/postgres-backing'

revocationContract('in memory', async () => memoryBacking())
revocationContract('on Postgres', postgresBacking)
