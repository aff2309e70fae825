/** People, sessions and API keys in Postgres. One file per table; here they come together. */
import type { AccessStore, PruneStore } from '@/lib/services/access-store'
import { apiKeyStore } from './api-keys'
import { counterStore } from './counters'
import type { Database } from './database'
import { idempotencyStore } from './idempotency'
import { pruneStore } from './prune'
import { sessionStore } from './sessions'
import { userStore } from './users'

export function accessStore(db: Database): AccessStore & PruneStore {
  return {
    ...sessionStore(db),
    ...userStore(db),
    ...apiKeyStore(db),
    ...counterStore(db),
    ...idempotencyStore(db),
    ...pruneStore(db),
  }
}
