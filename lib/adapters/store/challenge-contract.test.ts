/** Challenges in every form over Postgres. */
import { challengeContract } from '@/lib/services/testing/challenge-contract'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

challengeContract('on Postgres', postgresEnrolmentBacking)
