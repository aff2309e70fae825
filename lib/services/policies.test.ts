/** The challenge policies over stores in memory. */
import { approvalContract } from './testing/approval-contract'
import { memoryEnrolmentBacking } from './testing/enrolment'
import { staticSecretContract } from './testing/static-contract'

staticSecretContract('in memory', async () => memoryEnrolmentBacking())
approvalContract('in memory', async () => memoryEnrolmentBacking())
