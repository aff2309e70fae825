/** What fetching revocation requests promises where several tenants are connected. */
import { expect, test } from 'vitest'
import { createIntuneRevocations, type IntuneRevocationStore } from './intune-revocations'
import type { MdmConnector } from './mdm-connector-types'

const connector = (id: string): MdmConnector => ({
  ...{ id, kind: 'intune', name: id, slug: id, settings: {}, state: {}, disabled: false },
  ...{ credentialSealed: null, credentialExpiresAt: null },
  ...{ hookSecretSealed: null, previousHookSecretSealed: null, previousHookSecretUntil: null },
})

test('what goes wrong with one tenant keeps no device of another in', async () => {
  const settled: string[] = []
  const released: string[] = []
  const item = { requestContext: 'context', serialNumber: '2A', issuerName: null, caConfiguration: null }
  const store: IntuneRevocationStore = {
    claim: async () => true,
    release: async (id) => void released.push(id),
    async settle({ connectorId }, resultOf) {
      if (connectorId === 'first') throw new Error('breaks')
      settled.push(connectorId)
      return resultOf({ outcome: 'unknown' }).result
    },
    unsent: async () => [],
    sent: async () => {},
    forget: async () => 0,
  }
  const revocations = createIntuneRevocations({
    rows: { connectorsOf: async () => [connector('first'), connector('second')] },
    client: {
      downloadRevocations: async () => ({ said: true, requests: [item] }),
      uploadRevocations: async () => ({ said: true, recorded: true }),
    },
    store,
    clock: () => new Date('2026-11-26T12:00:00Z'),
  })
  await expect(revocations.pullDue()).rejects.toThrow('breaks')
  expect([settled, released.toSorted()]).toEqual([['second'], ['first', 'second']])
})
