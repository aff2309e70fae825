/** The challenge page over the stores in memory. */
import { challengePageContract } from './testing/challenge-page-contract'
import { memoryEnrolmentBacking } from './testing/enrolment'

challengePageContract('in memory', async () => memoryEnrolmentBacking())
