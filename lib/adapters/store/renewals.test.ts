/** Renewal and queries on Postgres: the same promises as in memory, with real rivals. */
import { queryContract } from '@/lib/services/testing/query-contract'
import { renewalContract } from '@/lib/services/testing/renewal-contract'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

renewalContract('on Postgres', postgresEnrolmentBacking)
queryContract('on Postgres', postgresEnrolmentBacking)
