/** Minters and what they sign, over the tables in memory. */
import { shownKey } from '@/lib/services/minter-keys'
import type { EncryptionKeyIds, MinterStore, MinterView, NewMinter } from '@/lib/services/minters'
import type { SignedStore } from '@/lib/services/signed-challenges'
import type { MemoryChallenge } from './enrolment-stores'
import { append, type World } from './world'

interface MemoryMinter extends NewMinter {
  createdAt: Date
  disabledAt: Date | null
}

export function memoryMinterStores(world: World, clock: () => Date): { minters: MinterStore; signed: SignedStore } {
  const minters: MemoryMinter[] = []
  const challenges = world.challenges as MemoryChallenge[]
  const encryptionKeys = new Map<string, EncryptionKeyIds>()
  const keysOf = (endpointId: string) =>
    encryptionKeys.get(endpointId) ?? { encryptionKeyId: null, rsaEncryptionKeyId: null }
  const one = (id: string) => minters.find((each) => each.id === id)
  const viewOf = ({ keys, endpointIds, ...minter }: MemoryMinter): MinterView => ({
    ...minter,
    keys: keys.map(shownKey),
    endpoints: world.endpoints
      .filter(({ id }) => endpointIds.includes(id))
      .map(({ id, slug, name }) => ({ id, slug, name })),
    lastUsedAt: challenges.findLast(({ evidence }) => evidence.minterId === minter.id)?.createdAt ?? null,
  })

  return {
    minters: {
      list: async () => minters.map(viewOf),
      async get(id) {
        const minter = one(id)
        return minter ? viewOf(minter) : null
      },
      async add(minter, created) {
        if (minters.some(({ issuer }) => issuer === minter.issuer)) return false
        minters.push({ ...minter, createdAt: clock(), disabledAt: null })
        append(world, [created])
        return true
      },
      async change(id, change, updated) {
        Object.assign(one(id) ?? {}, change)
        append(world, [updated])
      },
      async setEnabled(id, enabled, event) {
        const minter = one(id)
        if (!minter || (minter.disabledAt === null) === enabled) return false
        minter.disabledAt = enabled ? null : clock()
        append(world, [event])
        return true
      },
      async endpoint(slug) {
        const endpoint = world.endpoints.find((each) => each.slug === slug)
        return endpoint ? { id: endpoint.id, slug, ...keysOf(endpoint.id) } : null
      },
      async giveKey(endpointId, kind, keyId, generated) {
        if (keysOf(endpointId)[kind] !== null) return
        encryptionKeys.set(endpointId, { ...keysOf(endpointId), [kind]: keyId })
        append(world, [generated])
      },
    },

    signed: {
      async acceptingEndpoint(id) {
        const endpoint = world.endpoints.find((each) => each.id === id)
        return endpoint ? { ...keysOf(id), profile: endpoint.profile } : null
      },
      async minterOf(issuer) {
        const minter = minters.find((each) => each.issuer === issuer)
        return minter ? { ...minter, enabled: minter.disabledAt === null } : null
      },
      async tokenOf(handleHash) {
        const row = challenges.find((each) => Buffer.from(each.handleHash).equals(handleHash))
        return typeof row?.evidence.tokenSha256 === 'string' ? row.evidence.tokenSha256 : null
      },
      async accept({ minter, tokenSha256, from, ...row }, accepted) {
        const endpoint = world.endpoints.find(({ id }) => id === row.endpointId)
        const known = challenges.some((each) => Buffer.from(each.handleHash).equals(row.handleHash))
        if (known || !endpoint?.enabled || endpoint.policy !== 'dynamic' || row.expiresAt <= clock()) return false
        challenges.push({
          ...row,
          format: 'signed',
          origin: 'signed',
          evidence: { minterId: minter.id, minter: minter.name, tokenSha256 },
          renewsCertificateId: null,
          mintedBy: minter.name,
          mintedVia: 'signed',
          mintedFrom: from,
          state: 'pending',
          createdAt: clock(),
          revokedAt: null,
          failedAttempts: 0,
          reservedBy: null,
          reservedCsrSha256: null,
          reservedSpkiSha256: null,
          reservedAt: null,
        })
        append(world, [accepted])
        return true
      },
    },
  }
}
