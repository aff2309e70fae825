/** Challenges that somebody else signs, over the stores in memory. */
import { memoryEnrolmentBacking } from './testing/enrolment'
import { signedContract } from './testing/signed-contract'

signedContract('in memory', async () => memoryEnrolmentBacking())
