/** The revocation lists that are published, as people look at them: how large, how fresh, and which is overdue. */
import type { Actor } from './actor'
import { authorise } from './permissions'
import type { Urls } from './urls'

export interface CrlFacts {
  number: string
  thisUpdate: Date
  nextUpdate: Date
  entries: number
  /** Octets. */
  size: number
}

export interface CrlListView {
  authority: { id: string; slug: string; name: string }
  /** Null for the whole list. */
  shard: number | null
  url: string
  /** The newest one; null before the first. */
  crl: CrlFacts | null
  /** Past half of its life, and no successor has come: whoever believes it will be without one. */
  overdue: boolean
  /** New certificates name it. Always false for a whole list. */
  open: boolean
  /** How many certificates name it; null for a whole list, which is about all of them. */
  certificates: number | null
}

export interface CrlListRow {
  authority: CrlListView['authority']
  shard: { number: number; url: string; open: boolean; certificates: number } | null
  crl: (Omit<CrlFacts, 'number'> & { number: bigint }) | null
  /** False for a shard whose certificates have all ended: it needs no further list. */
  goesOn: boolean
}

export interface CrlListStore {
  /** Whole lists by name of their authority, root first, each followed by its shards, newest first. */
  lists(): Promise<CrlListRow[]>
}

export interface CrlLists {
  list(actor: Actor): Promise<CrlListView[]>
}

export function createCrlLists({
  store,
  urls,
  clock,
}: {
  store: CrlListStore
  urls: Urls
  clock: () => Date
}): CrlLists {
  return {
    async list(actor) {
      authorise(actor, 'group:read')
      const now = clock()
      return (await store.lists()).map(({ authority, shard, crl, goesOn }) => ({
        authority,
        shard: shard?.number ?? null,
        url: shard?.url ?? urls.crlUrl(authority.slug),
        crl: crl && { ...crl, number: crl.number.toString() },
        overdue: crl !== null && goesOn && isOverdue(crl, now),
        open: shard?.open ?? false,
        certificates: shard?.certificates ?? null,
      }))
    },
  }
}

export function isOverdue({ thisUpdate, nextUpdate }: Pick<CrlFacts, 'thisUpdate' | 'nextUpdate'>, now: Date): boolean {
  return now.getTime() - thisUpdate.getTime() >= (nextUpdate.getTime() - thisUpdate.getTime()) / 2
}
