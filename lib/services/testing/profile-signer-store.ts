/** Signers of profiles in memory. */
import type { ProfileSignerStore } from '@/lib/services/profile-signers'
import { addIntent, append, type World } from './world'

export function memoryProfileSignerStore(world: World): ProfileSignerStore {
  const newest = () =>
    world.profileSigners
      .filter(({ certificateDer }) => certificateDer !== null)
      .filter((each) => world.certificates.some((row) => row.id === each.certificateId && row.revokedAt === null))
      .sort((a, b) => b.notAfter.getTime() - a.notAfter.getTime())
  const toCome = () => world.profileSigners.some(({ certificateDer }) => certificateDer === null)
  return {
    async inNeed(now) {
      const root = world.authorities.find(
        ({ id, certificateDer, keyId }) =>
          id === world.organisation?.rootId && certificateDer !== null && keyId !== null,
      )
      const [last] = newest()
      if (!root || toCome() || root.notAfter <= now) return null
      const half = last && (last.notBefore.getTime() + last.notAfter.getTime()) / 2
      if (last && half !== undefined && (half > now.getTime() || last.notAfter >= root.notAfter)) return null
      return { root, organisation: world.organisation?.name ?? '' }
    },
    async insert(signer, intent, events) {
      if (toCome()) return false
      world.profileSigners.push({ ...signer, certificateDer: null })
      addIntent(world, intent)
      append(world, events)
      return true
    },
    async current(now) {
      const found = newest().find(({ notBefore, notAfter }) => notBefore <= now && notAfter > now)
      return found?.certificateDer ? { keyId: found.keyId, certificateDer: found.certificateDer } : null
    },
  }
}
