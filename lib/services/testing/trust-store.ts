/** Trust pages in memory. */
import type { TrustStore } from '@/lib/services/trust'
import { append, type World } from './world'

export function memoryTrustStore(world: World): TrustStore {
  const group = (slug: string) => world.groups.find((each) => each.slug === slug)
  return {
    async shown() {
      return world.groups.filter(({ trustPage }) => trustPage).map(({ slug }) => slug)
    },
    async authorities(slug) {
      const shown = group(slug)
      if (!shown?.trustPage) return null
      const records = world.authorities
        .filter(
          ({ id, groupId }) =>
            groupId === shown.id ||
            world.authorities.some((issuer) => issuer.groupId === shown.id && issuer.parentId === id),
        )
        .filter(({ certificateId }) => !world.certificates.some((row) => row.id === certificateId && row.revokedAt))
        .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
        .flatMap(({ id, kind, status, slug: own, certificateDer, activatesAt, parentId }) =>
          certificateDer && status !== 'revoked'
            ? [{ id, kind, status, slug: own, certificateDer, activatesAt: activatesAt ?? null, parentId }]
            : [],
        )
      return records.length > 0 ? records : null
    },
    async stillHeld(authorityIds, now) {
      return authorityIds.filter((id) =>
        world.certificates.some(
          (row) =>
            row.authorityId === id &&
            row.kind === 'leaf' &&
            row.state === 'issued' &&
            row.revokedAt === null &&
            row.notAfter >= now,
        ),
      )
    },
    async setting(slug) {
      return group(slug)?.trustPage ?? null
    },
    async switchPage(slug, enabled, event) {
      const switched = group(slug)
      if (switched === undefined) return 'unknown'
      if (switched.trustPage === enabled) return 'unchanged'
      switched.trustPage = enabled
      append(world, [event(switched)])
      return 'switched'
    },
    async pagesByAuthority() {
      return world.authorities.flatMap(({ id, groupId, certificateDer }) => {
        const shown = world.groups.find((each) => each.id === groupId && each.trustPage)
        return shown && certificateDer ? [{ authorityId: id, groupSlug: shown.slug }] : []
      })
    },
  }
}
