/** Renewal over stores in memory. On Postgres: lib/adapters/store/renewals.test.ts. */
import { memoryEnrolmentBacking } from './testing/enrolment'
import { renewalContract } from './testing/renewal-contract'

renewalContract('in memory', async () => memoryEnrolmentBacking())
