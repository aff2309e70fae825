import { authorityImportContract } from '@/lib/services/testing/authority-import-contract'
import { postgresBacking } from './testing/postgres-backing'

authorityImportContract('authorities from elsewhere, on Postgres', postgresBacking)
