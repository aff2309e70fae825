/** In-memory store of intents and what becomes of them. */

import type { OpenShard } from '@/lib/services/crl-shards'
import type { StoredIntent } from '@/lib/services/intents'
import type { IssuanceStore } from '@/lib/services/issuance'
import { addIntent, append, type World, type WorldAuthority, type WorldCertificate } from './world'

const KIND_ORDER = ['root', 'issuer', 'ra', 'ocsp', 'profile', 'leaf']

export function memoryIssuanceStore(world: World): IssuanceStore {
  const rowOf = (id: string) => world.certificates.find((row) => row.id === id)
  const challengeOf = (row: WorldCertificate) =>
    world.challenges.find(
      ({ id, state, reservedSpkiSha256 }) =>
        id === row.challengeId &&
        state === 'reserved' &&
        reservedSpkiSha256 !== null &&
        Buffer.compare(reservedSpkiSha256, row.spkiSha256) === 0,
    )
  const finishRows = (ids: string[], certificateId: string) => {
    for (const row of world.transactions) {
      if (!ids.includes(row.id) || (row.state !== 'received' && row.state !== 'failed')) continue
      Object.assign(row, { state: 'issued', certificateId, reason: null })
    }
  }

  return {
    async issuingEndpoint(endpointId) {
      const endpoint = world.endpoints.find(({ id, enabled }) => id === endpointId && enabled)
      const authority = world.authorities.find(({ id }) => id === endpoint?.authorityId)
      if (!endpoint || !authority?.certificateDer) return null
      const { certificateDer } = authority
      return {
        endpointId,
        groupId: endpoint.groupId,
        policyVersion: endpoint.policyVersion,
        profile: endpoint.profile,
        authority: { ...authority, certificateDer, crlShard: openShard(world, authority) },
      }
    },
    async recordLeafIntent(intent, events) {
      const existing = world.certificates.find(({ challengeId }) => challengeId === intent.challengeId)
      const challenge = world.challenges.find(
        ({ id, endpointId, state, reservedSpkiSha256 }) =>
          id === intent.challengeId &&
          endpointId === intent.endpointId &&
          state === 'reserved' &&
          reservedSpkiSha256 !== null &&
          Buffer.compare(reservedSpkiSha256, intent.spkiSha256) === 0,
      )
      if (existing) return { outcome: 'existing', intent: storedIntent(world, existing) }
      if (!challenge) return { outcome: 'challenge_gone' }
      const renewed = intent.renews && rowOf(intent.renews.certificateId)
      if (renewed?.revokedAt) return { outcome: 'not_renewable', why: 'renewed_is_revoked' }
      const issuer = world.authorities.find(({ id }) => id === renewed?.authorityId)
      if (issuer?.status === 'revoked') return { outcome: 'not_renewable', why: 'renewed_issuer_is_revoked' }
      const successor = world.certificates.some(
        ({ renews, state, revocationReason }) =>
          renews !== null &&
          renews.certificateId === intent.renews?.certificateId &&
          state !== 'abandoned' &&
          revocationReason !== 'unspecified',
      )
      if (successor) return { outcome: 'not_renewable', why: 'renewed_already' }
      addIntent(world, intent)
      append(world, events)
      return { outcome: 'recorded' }
    },
    async find(certificateId) {
      const row = rowOf(certificateId)
      return row ? storedIntent(world, row) : null
    },
    async overdue(before, limit) {
      return world.certificates
        .filter(({ state, createdAt }) => state === 'intent' && createdAt < before)
        .sort(
          (a, b) =>
            KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind) || a.createdAt.getTime() - b.createdAt.getTime(),
        )
        .slice(0, limit)
        .map(({ id }) => id)
    },
    async recordIssued({ intent, der, fingerprintSha256, enrolmentTransactionIds, at, events }) {
      const row = rowOf(intent.id)
      if (row?.state !== 'intent') return { outcome: 'already', der: row?.der ?? null }
      if (row.kind === 'leaf') {
        const challenge = challengeOf(row)
        const renewed = row.renews && rowOf(row.renews.certificateId)
        if (!challenge || renewed?.revokedAt) return { outcome: 'challenge_gone' }
        challenge.state = 'consumed'
        const grace = world.endpoints.find(({ id }) => id === renewed?.endpointId)?.supersedeAfterHours ?? null
        if (renewed && grace !== null) renewed.supersedeAt = new Date(at.getTime() + grace * 3_600_000)
        finishRows(enrolmentTransactionIds, row.id)
      } else activate(world, row, der, at)
      Object.assign(row, { state: 'issued', der, fingerprintSha256, issuedAt: at, tbs: null })
      append(world, events)
      return { outcome: 'recorded' }
    },
    async finishTransaction(enrolmentTransactionId, certificateId) {
      finishRows([enrolmentTransactionId], certificateId)
    },
    async abandon({ certificateId, reason, at, events }) {
      const row = rowOf(certificateId)
      if (row?.state !== 'intent') return false
      const challenge = challengeOf(row)
      const state = challenge && challenge.expiresAt > at ? 'pending' : 'expired'
      if (challenge) Object.assign(challenge, { state, reservedSpkiSha256: null })
      Object.assign(row, { state: 'abandoned', challengeId: null })
      const attempt = world.transactions.find(({ id }) => id === row.enrolmentTransactionId)
      if (attempt?.state === 'received') Object.assign(attempt, { state: 'failed', reason })
      append(world, events(challenge ? { id: challenge.id, state } : null))
      return true
    },
    async record(events) {
      append(world, events)
    },
  }
}

function openShard(world: World, { id, crlShard }: WorldAuthority): OpenShard | null {
  return world.shards.find(({ authorityId, number }) => authorityId === id && number === crlShard) ?? null
}

function activate(world: World, row: WorldCertificate, der: Uint8Array, at: Date): void {
  const authority = world.authorities.find(({ certificateId }) => certificateId === row.id)
  if (authority) Object.assign(authority, { certificateDer: der, crlDueSince: at })
  const responder = world.ocspResponders.find(({ certificateId }) => certificateId === row.id)
  if (responder) responder.certificateDer = der
  const profileSigner = world.profileSigners.find(({ certificateId }) => certificateId === row.id)
  if (profileSigner) profileSigner.certificateDer = der
  const ra = world.registrationAuthorities.find(({ certificateId }) => certificateId === row.id)
  if (!ra) return
  for (const old of world.registrationAuthorities) {
    if (old.endpointId === ra.endpointId && old.certificateDer !== null && old.retiredAt === null) old.retiredAt = at
  }
  ra.certificateDer = der
}

function storedIntent(world: World, row: WorldCertificate): StoredIntent {
  const authority = world.authorities.find(({ id }) => id === row.authorityId)
  const own = world.authorities.find(({ certificateId }) => certificateId === row.id)
  const endpoint = world.endpoints.find(({ id }) => id === row.endpointId)
  if (!authority) throw new Error('a certificate without its authority')
  return {
    ...row,
    authority: { slug: authority.slug, name: authority.name },
    authorityDer: authority.certificateDer,
    profile: row.kind === 'leaf' && endpoint ? endpoint.profile.name : row.kind,
    certifies: own ? { id: own.id, name: own.name } : null,
  }
}
