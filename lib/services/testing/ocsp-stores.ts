/** In-memory stores of OCSP: responders, and what is on record. */
import type { OcspStore } from '@/lib/services/ocsp'
import type { OcspResponderStore } from '@/lib/services/ocsp-responders'
import { renewsAt } from '@/lib/services/ocsp-responders'
import type { RecordedStatus, Revocation } from '@/lib/services/ocsp-status'
import { addIntent, append, type World, type WorldAuthority, type WorldCertificate } from './world'

export function newestResponder(world: World, authorityId: string, begunBy?: Date) {
  const [newest] = world.ocspResponders
    .filter((each) => each.authorityId === authorityId && each.certificateDer !== null)
    .filter(({ notBefore }) => begunBy === undefined || notBefore <= begunBy)
    .sort((a, b) => b.notAfter.getTime() - a.notAfter.getTime())
  return newest
}

export function memoryOcspResponderStore(world: World): OcspResponderStore {
  const toCome = (authorityId: string) =>
    world.ocspResponders.some((each) => each.authorityId === authorityId && each.certificateDer === null)
  const needsOne = (authority: WorldAuthority, now: Date) => {
    const newest = newestResponder(world, authority.id)
    return newest === undefined || (renewsAt(newest) <= now && newest.notAfter < authority.notAfter)
  }
  const isAskedAbout = ({ id, status }: WorldAuthority, now: Date) =>
    (status !== 'retired' && status !== 'revoked') ||
    world.certificates.some(
      (row) => row.authorityId === id && row.kind !== 'ocsp' && row.state === 'issued' && row.notAfter > now,
    )
  return {
    async inNeed(now) {
      return world.authorities
        .filter(
          (each) => each.certificateDer !== null && each.keyId !== null && each.notAfter > now && !toCome(each.id),
        )
        .filter((each) => needsOne(each, now) && isAskedAbout(each, now))
        .map((authority) => ({ authority, name: authority.name, organisation: world.organisation?.name ?? '' }))
    },
    async insert(responder, intent, events) {
      if (toCome(responder.authorityId)) return false
      world.ocspResponders.push({ ...responder, certificateDer: null })
      addIntent(world, intent)
      append(world, events)
      return true
    },
  }
}

export function memoryOcspStore(world: World): OcspStore {
  return {
    async authorities(now) {
      return world.authorities.flatMap(({ id, kind, slug, certificateDer, keyId }) => {
        if (certificateDer === null) return []
        const responder = newestResponder(world, id, now)
        // Nobody here can answer for it, now or later.
        if (keyId === null && !(responder && responder.notAfter > now)) return []
        return [
          {
            id,
            kind,
            slug,
            certificateDer,
            responder: responder?.certificateDer
              ? { keyId: responder.keyId, certificateDer: responder.certificateDer, notAfter: responder.notAfter }
              : null,
          },
        ]
      })
    },
    async status(authorityId, serial): Promise<RecordedStatus | null> {
      const row = world.certificates.find(
        (each) => each.authorityId === authorityId && each.serial === serial && each.state === 'issued',
      )
      const authority = world.authorities.find(({ id }) => id === authorityId)
      const own = world.certificates.find(({ id }) => id === authority?.certificateId)
      return row
        ? {
            revoked: revocation(row),
            issuer: { revoked: own?.revokedAt && own.revokedAt <= row.notAfter ? revocation(own) : null },
          }
        : null
    },
  }
}

function revocation({ revokedAt: at, revocationReason: reason }: WorldCertificate): Revocation | null {
  return at === null || reason === null ? null : { at, reason }
}
