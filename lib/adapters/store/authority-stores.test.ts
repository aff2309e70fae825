/** The stores of issuance, authorities, groups, certificates and status: in memory and on Postgres alike. */
import { memoryBacking } from '@/lib/services/testing/harness'
import { intentContract } from '@/lib/services/testing/intent-contract'
import { ocspContract } from '@/lib/services/testing/ocsp-contract'
import { storeContract } from '@/lib/services/testing/store-contract'
import { postgresBacking } from './testing/postgres-backing'

storeContract('in memory', async () => memoryBacking())
storeContract('on Postgres', postgresBacking)
intentContract('intents in memory', async () => memoryBacking())
intentContract('intents on Postgres', postgresBacking)
ocspContract('OCSP in memory', async () => memoryBacking())
ocspContract('OCSP on Postgres', postgresBacking)
