import { expect, test } from 'vitest'
import type { AuthorityRecord } from './authorities'
import type { AuthorityImportStore } from './authority-import-types'
import { createRootKeys } from './root-keys'
import { actor } from './testing/harness'

test('a key that is wiped while it is brought back is there in the end', async () => {
  const root = {
    ...{ id: 'root-id', kind: 'root', slug: 'root', name: 'Root', status: 'active' },
    ...{ keyId: null, offlineKeyId: 'key-id', certificateDer: new Uint8Array(1) },
  } as unknown as AuthorityRecord
  let here = false
  const identity = { keyId: 'key-id', ownerId: 'root-id' }
  const signer = {
    sealedKey: async () => new Uint8Array(1),
    checkSealedKey: async () => identity,
    dropKey: async () => {
      here = false
    },
    restoreKey: async () => {
      here = true
      return identity
    },
  }
  const store = {
    authorities: async () => [root],
    // Somebody who takes it offline wipes it just before the authority has it again.
    bringBack: async () => {
      await signer.dropKey()
      return true
    },
  } as unknown as AuthorityImportStore
  const { bringBack } = createRootKeys({ store, signer, onCrlDue: () => {} })
  await bringBack(actor('admin'), 'root', new Uint8Array(1))
  expect(here).toBe(true)
})
