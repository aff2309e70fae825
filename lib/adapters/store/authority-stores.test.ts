/** The stores of issuance, authorities, groups, certificates and status: in memory and on Postgres alike. */
import { memoryBacking } from '@/lib/services/testing/harness'
import { storeContract } from '@/lib/services/testing/store-contract'
import { postgresBacking } from './testing/postgres-backing'

storeContract('in memory', async () => memoryBacking())
storeContract('on Postgres', postgresBacking)
