/** Challenges in every form over the stores in memory. */
import { challengeContract } from './testing/challenge-contract'
import { memoryEnrolmentBacking } from './testing/enrolment'

challengeContract('in memory', async () => memoryEnrolmentBacking())
