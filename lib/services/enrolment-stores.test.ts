/** The stores in memory keep the contract that Postgres keeps: otherwise the services' tests would prove little. */
import { memoryEnrolmentBacking } from './testing/enrolment'
import { enrolmentStoreContract } from './testing/enrolment-contract'

enrolmentStoreContract('in memory', async () => memoryEnrolmentBacking())
