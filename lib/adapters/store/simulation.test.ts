/** Simulations over Postgres: what is said, and that no row of any table changes. */
import { simulationContract } from '@/lib/services/testing/simulation-contract'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

simulationContract('on Postgres', postgresEnrolmentBacking)
