/** In-memory stores of CRLs and their shards. */
import { columnsOf } from '@/lib/pki/crl'
import type { CrlListStore } from '@/lib/services/crl-lists'
import type { ShardStore } from '@/lib/services/crl-shards'
import type { StatusStore } from '@/lib/services/status'
import { addShard, append, type World, type WorldAuthority, type WorldShard } from './world'

const HOUR_MS = 3_600_000

export function memoryStatusStore(world: World): StatusStore {
  const of = (id: string, scope: number | null) =>
    world.crls
      .filter(({ authorityId, shard }) => authorityId === id && shard === scope)
      .sort((a, b) => Number(b.number - a.number))
  const bySlug = (slug: string) => world.authorities.find((each) => each.slug === slug)
  const newest = (slug: string, shard: number | null) => of(bySlug(slug)?.id ?? '', shard)[0] ?? null
  const authorityOf = (id: string): WorldAuthority => {
    const authority = world.authorities.find((each) => each.id === id)
    if (!authority) throw new Error(`no authority ${id}`)
    return authority
  }
  const scopeOf = (id: string, shard: number | null): WorldAuthority | WorldShard => {
    const row =
      shard === null ? authorityOf(id) : world.shards.find((each) => each.authorityId === id && each.number === shard)
    if (!row) throw new Error(`no shard ${shard}`)
    return row
  }
  const isFree = ({ crlClaimedUntil }: WorldAuthority | WorldShard, now: Date) =>
    crlClaimedUntil === null || crlClaimedUntil <= now
  const longestDue = <T extends WorldAuthority | WorldShard>(rows: T[]): T | undefined =>
    rows.sort((a, b) => (a.crlDueSince?.getTime() ?? Infinity) - (b.crlDueSince?.getTime() ?? Infinity))[0]

  return {
    crl: async (slug, shard) => newest(slug, shard),
    crlHead: async (slug, shard) => newest(slug, shard),
    async caCertificate(slug) {
      return bySlug(slug)?.certificateDer ?? null
    },
    async claimDue({ now, until, publishedBefore, burst }) {
      const isBusy = (id: string, entries: number) => {
        const seconds = Math.min(burst.mostSeconds, burst.seconds + entries / burst.entriesPerSecond)
        const since = now.getTime() - seconds * 1000
        const recent = of(id, null).filter(({ thisUpdate }) => thisUpdate.getTime() > since && thisUpdate <= now)
        return recent.length >= burst.lists
      }
      const wholeDue = (authority: WorldAuthority) => {
        const [crl] = of(authority.id, null)
        if (crl === undefined || crl.thisUpdate <= publishedBefore[authority.kind]) return true
        return authority.crlDueSince !== null && !isBusy(authority.id, crl.entries)
      }
      const shardDue = (each: WorldShard) => {
        const [crl] = of(each.authorityId, each.number)
        if (crl === undefined || each.crlDueSince !== null) return true
        const end = Math.max(each.endsAt?.getTime() ?? 0, each.closedAt?.getTime() ?? 0)
        const lives = each.closedAt === null || crl.thisUpdate.getTime() <= end
        return crl.thisUpdate <= publishedBefore.shard && lives
      }
      const whole = longestDue(
        world.authorities.filter(
          (each) => each.certificateDer !== null && each.keyId !== null && isFree(each, now) && wholeDue(each),
        ),
      )
      const shard = whole
        ? undefined
        : longestDue(
            world.shards.filter(
              (each) => authorityOf(each.authorityId).certificateDer !== null && isFree(each, now) && shardDue(each),
            ),
          )
      const scope = whole ?? shard
      if (!scope) return null
      scope.crlClaimedUntil = until
      scope.nextCrlNumber += 1n
      const { id, kind, slug, name, keyAlgorithm, subjectDer, subjectKeyId } =
        whole ?? authorityOf(shard?.authorityId ?? '')
      return {
        authority: { id, kind, slug, name, keyAlgorithm, subjectDer, subjectKeyId },
        shard: shard ? { number: shard.number, url: shard.url } : null,
        number: scope.nextCrlNumber - 1n,
        dueSince: scope.crlDueSince,
        previousThisUpdate: of(id, shard?.number ?? null)[0]?.thisUpdate ?? null,
      }
    },
    async *revoked(authorityId, { shard, previousThisUpdate }) {
      const rows = world.certificates
        .flatMap(
          ({ authorityId: by, serial, revokedAt, revocationReason: reason, notAfter, crlShard, invalidityDate }) =>
            by === authorityId && revokedAt && reason && (shard === null || shard === crlShard)
              ? [{ serial, revokedAt, reason, notAfter, crlShard, invalidityDate }]
              : [],
        )
        .filter(({ revokedAt, notAfter }) => {
          const end = Math.max(notAfter.getTime(), revokedAt.getTime() + HOUR_MS)
          return previousThisUpdate === null || end >= previousThisUpdate.getTime()
        })
        .sort((a, b) => (a.serial < b.serial ? -1 : 1))
      const shards = Int32Array.from(rows, ({ crlShard }) => crlShard ?? 0)
      yield { ...columnsOf(rows), shards }
    },
    async publish(crl, dueSince, contents, events) {
      const scope = scopeOf(crl.authorityId, crl.shard)
      world.crls.push(crl)
      scope.crlClaimedUntil = null
      if (scope.crlDueSince?.getTime() === dueSince?.getTime()) scope.crlDueSince = null
      for (const shard of world.shards) {
        if (crl.shard !== null || shard.authorityId !== crl.authorityId) continue
        const content = contents.find(({ number }) => number === shard.number)?.content ?? ''
        if (content === shard.content) continue
        shard.content = content
        shard.crlDueSince = new Date(Math.max(crl.thisUpdate.getTime(), (shard.crlDueSince?.getTime() ?? -1) + 1))
      }
      append(world, events)
    },
    async fail(authorityId, shard, retryAt, events) {
      scopeOf(authorityId, shard).crlClaimedUntil = retryAt
      append(world, events)
    },
  }
}

export function memoryShardStore(world: World): ShardStore {
  return {
    async count(until, closedAfter) {
      for (const shard of world.shards) {
        if (shard.countedUntil >= until || (shard.closedAt !== null && shard.closedAt <= closedAfter)) continue
        const named = world.certificates.filter(
          ({ authorityId, crlShard, createdAt }) =>
            authorityId === shard.authorityId &&
            crlShard === shard.number &&
            createdAt >= shard.countedUntil &&
            createdAt < until,
        )
        shard.certificates += named.length
        shard.countedUntil = until
        for (const { notAfter } of named) if (shard.endsAt === null || notAfter > shard.endsAt) shard.endsAt = notAfter
      }
    },
    async issuers() {
      return world.authorities
        .filter(
          ({ kind, certificateDer, status }) => kind === 'issuer' && certificateDer !== null && status !== 'retired',
        )
        .map(({ id, slug, crlShard }) => {
          const own = world.shards.filter(({ authorityId }) => authorityId === id)
          return {
            authorityId: id,
            slug,
            open: own.find(({ number }) => number === crlShard) ?? null,
            lastNumber: Math.max(0, ...own.map(({ number }) => number)),
          }
        })
    },
    async open({ authorityId, previous, shard, at }) {
      const authority = world.authorities.find(({ id }) => id === authorityId)
      const own = world.shards.filter((each) => each.authorityId === authorityId)
      if (!authority || authority.crlShard !== previous || own.some(({ number }) => number === shard.number)) return
      addShard(world, authorityId, shard, at)
      authority.crlShard = shard.number
      for (const each of own) if (each.number === previous) each.closedAt = at
    },
  }
}

export function memoryCrlListStore(world: World): CrlListStore {
  const newest = (id: string, scope: number | null) => {
    const [crl] = world.crls
      .filter(({ authorityId, shard }) => authorityId === id && shard === scope)
      .sort((a, b) => Number(b.number - a.number))
    if (!crl) return null
    const { number, thisUpdate, nextUpdate, entries, der } = crl
    return { number, thisUpdate, nextUpdate, entries, size: der.length }
  }
  return {
    async lists() {
      return world.authorities
        .filter(({ certificateDer }) => certificateDer !== null)
        .sort((a, b) => Number(b.kind === 'root') - Number(a.kind === 'root') || (a.name < b.name ? -1 : 1))
        .flatMap(({ id, slug, name, crlShard }) => {
          const authority = { id, slug, name }
          const shards = world.shards
            .filter(({ authorityId }) => authorityId === id)
            .sort((a, b) => b.number - a.number)
            .map(({ number, url, certificates, closedAt, endsAt }) => {
              const crl = newest(id, number)
              const ended = closedAt && (endsAt && endsAt > closedAt ? endsAt : closedAt)
              return {
                authority,
                shard: { number, url, open: number === crlShard, certificates },
                crl,
                goesOn: ended === null || crl === null || crl.thisUpdate <= ended,
              }
            })
          return [{ authority, shard: null, crl: newest(id, null), goesOn: true }, ...shards]
        })
    },
  }
}
