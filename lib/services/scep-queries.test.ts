/** GetCert and GetCRL over stores in memory. On Postgres: lib/adapters/store/renewals.test.ts. */
import { memoryEnrolmentBacking } from './testing/enrolment'
import { queryContract } from './testing/query-contract'

queryContract('in memory', async () => memoryEnrolmentBacking())
