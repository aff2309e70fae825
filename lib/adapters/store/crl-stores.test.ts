/** The stores of revocation lists: in memory and on Postgres alike. */
import { crlContract } from '@/lib/services/testing/crl-contract'
import { memoryBacking } from '@/lib/services/testing/harness'
import { postgresBacking } from './testing/postgres-backing'

crlContract('CRLs in memory', async () => memoryBacking())
crlContract('CRLs on Postgres', postgresBacking)
