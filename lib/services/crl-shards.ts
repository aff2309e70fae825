/**
 * Shards of revocation lists: some thousands of certificates that name one URL, so that whoever checks one of them never
 * fetches more than its shard. New certificates name the shard that is open; when it is full, the next one is opened.
 */
import type { RevokedColumns } from '@/lib/pki/crl'
import type { Urls } from './urls'

/** The shard that new certificates of an issuer name. */
export interface OpenShard {
  number: number
  url: string
}

export interface ShardStore {
  /** Counts what was issued until this moment into the shards that it names. */
  count(until: Date, closedAfter: Date): Promise<void>
  /** The issuers that issue or will, each with its open shard and the highest number it has used. */
  issuers(): Promise<IssuerShards[]>
  /** Opens a shard in the place of `previous` unless somebody else did, or used the number. */
  open(request: { authorityId: string; previous: number | null; shard: OpenShard; at: Date }): Promise<void>
}

export interface IssuerShards {
  authorityId: string
  slug: string
  open: (OpenShard & { certificates: number }) | null
  lastNumber: number
}

/** A shard of these, all of them revoked, is a list of 250 KB. */
export const SHARD_CERTIFICATES = 5_000
/** A row is seen some time after the moment it was written with. */
const UNSEEN_MS = 5_000
/** What was under way when a shard was closed is in it soon after. */
const STILL_COUNTED_MS = 3_600_000

export interface Shards {
  /** Counts, and opens what is missing, full, or named by another address than the one we have now. */
  tend(): Promise<void>
}

export function createShards({ store, urls, clock }: { store: ShardStore; urls: Urls; clock: () => Date }): Shards {
  return {
    async tend() {
      const now = clock()
      await store.count(new Date(now.getTime() - UNSEEN_MS), new Date(now.getTime() - STILL_COUNTED_MS))
      for (const { authorityId, slug, open, lastNumber } of await store.issuers()) {
        const stays = open !== null && open.certificates < SHARD_CERTIFICATES && isCurrent(open, slug, urls)
        const number = lastNumber + 1
        const url = urls.crlShardUrl(slug, number)
        if (stays || url === null) continue
        await store.open({ authorityId, previous: open?.number ?? null, shard: { number, url }, at: now })
      }
    },
  }
}

/** A shard's lists say its URL, so that it cannot follow when the address changes: a certificate then names the whole list. */
export function isCurrent(shard: OpenShard, slug: string, urls: Pick<Urls, 'crlShardUrl'>): boolean {
  return urls.crlShardUrl(slug, shard.number) === shard.url
}

const PRIME = 0x01000193

/** What tells the entries of each shard from others, gathered while the whole list is built: who changed has a new list due. */
export class ShardContents {
  readonly #sums = new Map<number, { count: number; a: number; b: number }>()

  /** `shards` names the shard of each; 0 for none. The order of the entries is that of the list. */
  add(columns: RevokedColumns, shards: Int32Array): void {
    for (let i = 0; i < columns.count; i++) {
      const shard = shards[i] ?? 0
      if (shard !== 0) this.#addEntry(shard, columns, i)
    }
  }

  all(): { number: number; content: string }[] {
    return [...this.#sums].map(([number, { count, a, b }]) => ({
      number,
      content: `${count}-${hex(a)}${hex(b)}`,
    }))
  }

  /** FNV-1a with two offsets. Nobody gains by a collision: the next revocation, or a day, brings the list. */
  #addEntry(shard: number, { serials, serialEnds, revokedAt, reasons, invalidityDates }: RevokedColumns, i: number) {
    const sum = this.#sums.get(shard) ?? { count: 0, a: 0x811c9dc5, b: 0x01234567 }
    if (sum.count === 0) this.#sums.set(shard, sum)
    let { a, b } = sum
    for (let at = i === 0 ? 0 : (serialEnds[i - 1] ?? 0); at < (serialEnds[i] ?? 0); at++) {
      a = Math.imul(a ^ (serials[at] ?? 0), PRIME)
      b = Math.imul(b ^ (serials[at] ?? 0), PRIME)
    }
    const at = Math.floor((revokedAt[i] ?? 0) / 1000) | 0
    const since = Math.floor((invalidityDates[i] ?? 0) / 1000) | 0
    a = Math.imul(Math.imul(Math.imul(a ^ at, PRIME) ^ (reasons[i] ?? 0), PRIME) ^ since, PRIME)
    b = Math.imul(Math.imul(Math.imul(b ^ at, PRIME) ^ (reasons[i] ?? 0), PRIME) ^ since, PRIME)
    sum.a = a
    sum.b = b
    sum.count += 1
  }
}

function hex(sum: number): string {
  return (sum >>> 0).toString(16).padStart(8, '0')
}
