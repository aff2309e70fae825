/** Authorities from elsewhere, in memory. */
import type { AuthorityImportStore } from '@/lib/services/authority-import-types'
import { memoryGroupStore } from './authority-stores'
import { addShard, append, type World, type WorldAuthority } from './world'

export function memoryAuthorityImportStore(world: World): AuthorityImportStore {
  const groups = memoryGroupStore(world)
  const open = () => world.authorityRequests.filter(({ ended }) => ended === null)
  const find = (id: string) => world.authorities.find((each) => each.id === id)
  const changed = (authority: WorldAuthority | undefined, change: Partial<WorldAuthority>) => {
    if (authority) Object.assign(authority, change)
    return authority !== undefined
  }
  return {
    authorities: groups.authorities,
    slugs: groups.slugs,
    async organisation() {
      return world.organisation
    },
    async requests() {
      return open().map(({ ended: _, ...request }) => request)
    },
    async insertRequest(request, events) {
      world.authorityRequests.push({ ...request, ended: null })
      append(world, events)
    },
    async withdrawRequest(id, _at, events) {
      const request = open().find((each) => each.id === id)
      if (request === undefined) return false
      request.ended = 'withdrawn'
      append(world, events)
      return true
    },
    async insert(imported, request, events) {
      const answered = request && open().find(({ id }) => id === request.id)
      if (request !== null && !answered) return 'request_ended'
      const slugs = await groups.slugs()
      if (imported.some(({ authority }) => slugs.has(authority.slug))) return 'slug_taken'
      const known = imported.some(
        ({ authority, certificate }) =>
          world.certificates.some((row) =>
            Buffer.from(row.fingerprintSha256 ?? []).equals(certificate.fingerprintSha256),
          ) || world.authorities.some(({ subjectDer }) => Buffer.from(subjectDer).equals(authority.subjectDer)),
      )
      if (known) return 'known'
      if (answered) answered.ended = 'accepted'
      for (const { authority, certificate } of imported) {
        const { crlShard, ...row } = authority
        world.authorities.push({
          ...row,
          groupId: null,
          status: 'active',
          offlineKeyId: null,
          certificateDer: certificate.der,
          nextCrlNumber: 1n,
          crlDueSince: row.keyId === null ? null : row.createdAt,
          crlClaimedUntil: null,
          crlShard: crlShard?.number ?? null,
        })
        if (crlShard) addShard(world, row.id, crlShard, row.createdAt)
        world.certificates.push({
          ...certificate,
          tbs: null,
          state: 'issued',
          issuedAt: certificate.createdAt,
          revokedAt: null,
          revocationReason: null,
          revokedBy: null,
          revocationComment: null,
          invalidityDate: null,
          supersedeAt: null,
        })
      }
      append(world, events)
      return 'inserted'
    },
    async importCrl(crl, { revoked, complete }, events) {
      const authority = find(crl.authorityId)
      const newer = world.crls.some(
        (each) =>
          each.authorityId === crl.authorityId &&
          each.shard === null &&
          (each.number >= crl.number || each.thisUpdate > crl.thisUpdate),
      )
      if (!authority || authority.keyId !== null || newer) return 'older'
      world.crls.push(crl)
      authority.nextCrlNumber = crl.number + 1n
      if (complete) authority.crlDueSince = null
      for (const { authorityId, certificateId, at, reason } of revoked) {
        changed(find(authorityId), { status: 'revoked', crlDueSince: at })
        const row = world.certificates.find(({ id }) => id === certificateId)
        if (row) Object.assign(row, { revokedAt: at, revocationReason: reason, revokedBy: 'Its root' })
        for (const endpoint of world.endpoints) if (endpoint.authorityId === authorityId) endpoint.enabled = false
      }
      append(world, events)
      return 'imported'
    },
    async newestList(authorityId) {
      const lists = world.crls.filter((each) => each.authorityId === authorityId && each.shard === null)
      return lists.sort((a, b) => Number(b.number - a.number))[0]?.der ?? null
    },
    async revokedSerials(authorityId, now) {
      return world.certificates
        .filter((row) => row.authorityId === authorityId && row.revokedAt !== null && row.notAfter > now)
        .map(({ serial }) => serial)
    },
    async chooseForNewIssuers(authorityId, events) {
      const root = find(authorityId)
      if (!world.organisation || root?.kind !== 'root' || root.status !== 'active' || root.keyId === null) return false
      world.organisation = { ...world.organisation, rootId: root.id }
      append(world, events)
      return true
    },
    async takeOffline(authorityId, keyId, events) {
      const root = world.authorities.find((each) => each.id === authorityId && each.keyId === keyId)
      if (!changed(root?.kind === 'root' ? root : undefined, { keyId: null, offlineKeyId: keyId })) return false
      append(world, events)
      return true
    },
    async bringBack(authorityId, keyId, events) {
      const root = world.authorities.find((each) => each.id === authorityId && each.offlineKeyId === keyId)
      if (!changed(root, { keyId, offlineKeyId: null })) return false
      append(world, events)
      return true
    },
    async record(events) {
      append(world, events)
    },
  }
}
