/** Builds, signs and stores the CRLs that are due: whole lists first, and then the shards that they show to have changed. */
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { Refusal } from '@/lib/errors'
import { signatureAlgorithmFor } from '@/lib/pki/certificate'
import { assembleCrl, buildTbsCertList, type CrlEntries, EntryWriter } from '@/lib/pki/crl'
import { inSlices } from '@/lib/pki/slices'
import { type Actor, systemActor } from './actor'
import type { AuditEntry } from './audit'
import { fingerprint, wholeSeconds } from './certificate-intent'
import { ShardContents } from './crl-shards'
import type { Signer } from './signer'
import type { DueCrl, NewCrl, StatusStore } from './status'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** How long a CRL may be believed, and when the next one comes although nothing was revoked: long before. */
const SCHEDULE = {
  root: { lifeMs: 180 * DAY_MS, renewMs: 30 * DAY_MS },
  issuer: { lifeMs: 7 * DAY_MS, renewMs: 12 * HOUR_MS },
  shard: { lifeMs: 7 * DAY_MS, renewMs: DAY_MS },
} as const
/** A process that dies while it publishes keeps others away for so long. */
const CLAIM_MS = 30_000
const RETRY_MS = 30_000
/**
 * Two lists of one scope may follow each other at once; from then on revocations wait for each other, longer where a list
 * is long: somebody who revokes thousands must not have each of them publish megabytes.
 */
const BURST = { lists: 2, seconds: 6, entriesPerSecond: 4_000, mostSeconds: 60 } as const

interface Listed {
  entries: CrlEntries
  contents: ShardContents
}

export interface Publication {
  /** Returns how many. Other due lists are published although one fails; then the first failure is thrown. */
  publishDueCrls(): Promise<number>
}

export interface PublicationDeps {
  store: StatusStore
  signer: Pick<Signer, 'signCrl'>
  clock: () => Date
  /** Told what was published. */
  published(slug: string, shard: number | null): void
}

export function createPublication({ store, signer, clock, published }: PublicationDeps): Publication {
  async function publishDueCrls(): Promise<number> {
    const actor = systemActor('job', 'CRL publisher')
    let count = 0
    let failure: unknown
    for (let due = await claim(); due !== null; due = await claim()) {
      try {
        await publish(actor, due)
        count += 1
      } catch (error) {
        failure ??= error
        const retryAt = new Date(clock().getTime() + RETRY_MS)
        await store.fail(due.authority.id, due.shard?.number ?? null, retryAt, [failedEvent(actor, due, error)])
      }
    }
    if (failure !== undefined) throw failure
    return count
  }

  function claim(): Promise<DueCrl | null> {
    const now = clock()
    const ago = (ms: number) => new Date(now.getTime() - ms)
    return store.claimDue({
      now,
      until: new Date(now.getTime() + CLAIM_MS),
      publishedBefore: {
        root: ago(SCHEDULE.root.renewMs),
        issuer: ago(SCHEDULE.issuer.renewMs),
        shard: ago(SCHEDULE.shard.renewMs),
      },
      burst: BURST,
    })
  }

  async function publish(actor: Actor, due: DueCrl): Promise<void> {
    const { authority, number, shard, previousThisUpdate } = due
    // A clock that was set back, or behind that of the instance before, must not keep a revocation off the list.
    const thisUpdate = wholeSeconds(latest(clock(), previousThisUpdate))
    const { lifeMs } = SCHEDULE[shard === null ? authority.kind : 'shard']
    const nextUpdate = new Date(thisUpdate.getTime() + lifeMs)
    const { entries, contents } = await allRevoked(due)
    const tbs = buildTbsCertList({
      issuerDer: authority.subjectDer,
      authorityKeyId: authority.subjectKeyId,
      number,
      thisUpdate,
      nextUpdate,
      signature: signatureAlgorithmFor(authority.keyAlgorithm),
      entries,
      shardUrl: shard?.url,
    })
    const signature = await signer.signCrl(authority.id, tbs, shard?.number ?? null)
    const der = assembleCrl(tbs, signature)
    const crl = {
      authorityId: authority.id,
      shard: shard?.number ?? null,
      number,
      thisUpdate,
      nextUpdate,
      entries: entries.count,
      der,
      sha256: await sha256Of(der),
    }
    await store.publish(crl, due.dueSince, shard === null ? contents.all() : [], [publishedEvent(actor, due, crl)])
    published(authority.slug, crl.shard)
  }

  async function allRevoked({ authority, shard, previousThisUpdate }: DueCrl): Promise<Listed> {
    const writer = new EntryWriter()
    const contents = new ShardContents()
    const scope = { shard: shard?.number ?? null, previousThisUpdate }
    for await (const page of store.revoked(authority.id, scope)) {
      writer.add(page)
      if (shard === null) contents.add(page, page.shards)
      await setImmediate()
    }
    return { entries: writer.finish(), contents }
  }

  return { publishDueCrls }
}

function latest(now: Date, previous: Date | null): Date {
  return previous !== null && previous > now ? previous : now
}

async function sha256Of(der: Uint8Array): Promise<Uint8Array> {
  const hash = createHash('sha256')
  await inSlices(der, (slice) => hash.update(slice))
  return new Uint8Array(hash.digest())
}

function publishedEvent(actor: Actor, due: DueCrl, crl: NewCrl): AuditEntry {
  return {
    type: 'crl.published',
    outcome: 'success',
    actor,
    object: objectOf(due),
    data: {
      number: crl.number.toString(),
      ...(crl.shard === null ? {} : { shard: crl.shard }),
      entries: crl.entries,
      thisUpdate: crl.thisUpdate.toISOString(),
      nextUpdate: crl.nextUpdate.toISOString(),
      sha256: fingerprint(crl.sha256),
    },
  }
}

function failedEvent(actor: Actor, due: DueCrl, error: unknown): AuditEntry {
  return {
    type: 'crl.publish_failed',
    outcome: 'error',
    reason: error instanceof Refusal ? error.reason : 'internal',
    actor,
    object: objectOf(due),
    data: { number: due.number.toString(), ...(due.shard === null ? {} : { shard: due.shard.number }) },
  }
}

function objectOf({ authority, shard }: DueCrl): AuditEntry['object'] {
  const name = shard === null ? authority.name : `${authority.name}, shard ${shard.number}`
  return { type: 'crl', id: authority.id, name }
}
