/** Every five seconds: shards of revocation lists that are missing or full, so that none grows far beyond its size. */
import type { Shards } from '@/lib/services/crl-shards'
import type { Job } from '@/lib/services/jobs'

export const TEND_CRL_SHARDS = 'tend-crl-shards'

export function tendCrlShards(shards: Shards): Job {
  return {
    name: TEND_CRL_SHARDS,
    everySeconds: 5,
    run: () => shards.tend(),
  }
}
