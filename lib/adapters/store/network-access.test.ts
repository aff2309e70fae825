import { networkContract } from '@/lib/services/testing/network-contract'
import { authorisationStore, networkAccessStore } from './network-access'
import { networkDecisionStore } from './network-decisions'
import { postgresBacking } from './testing/postgres-backing'

networkContract('network access on Postgres', async () => {
  const backing = await postgresBacking()
  const { database } = backing
  return {
    backing,
    stores: {
      access: networkAccessStore(database),
      authorisation: authorisationStore(database),
      // The contract replaces a verb for a moment, which a guarded store does not allow.
      decisions: { ...unguarded(networkDecisionStore(database)) },
    },
  }
})

function unguarded<T extends object>(store: T): T {
  return Object.fromEntries(Object.keys(store).map((name) => [name, Reflect.get(store, name)])) as T
}
