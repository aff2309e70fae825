/** The past of certificates on Postgres. */
import { asOfContract } from '@/lib/services/testing/as-of-contract'
import { asOfStore } from './as-of'
import { postgresBacking } from './testing/postgres-backing'

asOfContract('the past of certificates, on Postgres', async () => {
  const backing = await postgresBacking()
  return { backing, store: asOfStore(backing.database) }
})
