/** Renewal on Postgres: the same promises as in memory, with real rivals. */
import { renewalContract } from '@/lib/services/testing/renewal-contract'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

renewalContract('on Postgres', postgresEnrolmentBacking)
