/** The challenge page on Postgres. */
import { challengePageContract } from '@/lib/services/testing/challenge-page-contract'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

challengePageContract('on Postgres', postgresEnrolmentBacking)
