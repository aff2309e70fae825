/** Challenges that somebody else signs, over Postgres. */
import { signedContract } from '@/lib/services/testing/signed-contract'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

signedContract('on Postgres', postgresEnrolmentBacking)
