/** Where a certificate came from, as it was then. */
import { expect, test } from 'vitest'
import type { PolicyVersionRow } from './policy-versions'
import { createProvenance, type ProvenanceRecord, type ProvenanceStore } from './provenance'
import { actor } from './testing/harness'

const at = new Date('2026-03-14T09:00:00Z')
const version = (number: number, state: PolicyVersionRow['state']): PolicyVersionRow => ({
  version: number,
  at,
  state,
  found: false,
  auditSeq: '7',
  eventType: 'endpoint.updated',
  actorType: 'user',
  actorId: 'ada',
  actorName: 'Ada Admin',
  via: 'ui',
  sourceIp: '192.0.2.1',
})
const VERSIONS = [
  version(1, { 'profile.validityDays': 365, allowSha1: true }),
  version(2, { 'profile.validityDays': 30, allowSha1: true }),
  version(3, { 'profile.validityDays': 30, allowSha1: false }),
]

const LEAF: ProvenanceRecord = {
  certificate: { id: 'c1', kind: 'leaf', serial: '0A', subject: 'CN=tablet-7' },
  drawnUpAt: at,
  issuedAt: at,
  tbsSha256: new Uint8Array([1]),
  policyVersion: 2,
  endpoint: { id: 'e1', slug: 'staff', name: 'SCEP', policyVersion: 3 },
  group: { id: 'g1', slug: 'staff', name: 'Staff' },
  issuer: {
    slug: 'staff',
    name: 'Staff CA',
    keyId: 'k1',
    keyAlgorithm: 'p256',
    subjectKeyId: new Uint8Array([2]),
    certificateDer: null,
  },
  transaction: { id: 't1', at, sourceIp: '192.0.2.9', userAgent: 'device', client: null, policyVersion: 1 },
  challenge: {
    id: 'h1',
    origin: 'delegated',
    mintedBy: 'Desk',
    mintedVia: 'scep',
    mintedFrom: null,
    createdAt: at,
    evidence: { validatorId: 'v1', validator: 'Desk', verdict: 'allow', data: { ticket: 'A-12' } },
  },
  renews: null,
  decisions: [{ name: 'Otto Operator', approves: true, comment: 'known', at }],
  calls: [],
}

function provenance(record: ProvenanceRecord) {
  const store: ProvenanceStore = {
    find: async () => [record],
    endpointVersions: async (_, numbers) => VERSIONS.filter((row) => numbers.includes(row.version)),
    groupVersionAt: async () => 4,
    events: async () => [],
  }
  return createProvenance({ store }).of(actor('auditor'), 'c1')
}

test('a certificate tells who asked, what allowed it, what was said, and the policy of its day', async () => {
  const told = await provenance(LEAF)
  expect(told).toMatchObject({
    requested: { sourceIp: '192.0.2.9', transactionId: 't1' },
    allowed: { origin: 'delegated', by: 'Desk' },
    validator: { name: 'Desk', verdict: 'allow', data: { ticket: 'A-12' } },
    approvals: [{ name: 'Otto Operator', approves: true }],
    signed: { issuer: { slug: 'staff' }, keyId: 'k1', subjectKeyId: '02' },
  })
  expect(told.policy).toMatchObject({
    version: {
      version: 2,
      by: { name: 'Ada Admin' },
      changes: [{ field: 'profile.validityDays', before: 365, after: 30 }],
    },
    requestedUnder: 1,
    current: 3,
    changedSince: [{ field: 'allowSha1', before: true, after: false }],
    groupVersion: 4,
  })
})

test('one from before versions were kept says so, and claims nothing', async () => {
  const { policy } = await provenance({ ...LEAF, policyVersion: null, transaction: null })
  expect(policy).toMatchObject({ version: null, requestedUnder: null, changedSince: [], current: 3 })
})

test('what no device asked for has no policy and no allowance', async () => {
  const certificate = { ...LEAF.certificate, kind: 'issuer' }
  expect(
    await provenance({ ...LEAF, certificate, endpoint: null, transaction: null, challenge: null, policyVersion: null }),
  ).toMatchObject({ policy: null, allowed: null, validator: null, requested: { transactionId: null } })
})

test('it is not for keys that are limited, nor for strangers', async () => {
  const { of } = createProvenance({ store: {} as ProvenanceStore })
  for (const nobody of [{ ...actor('operator'), scope: ['staff'] }, { ...actor('admin'), role: null }, actor('mdm')])
    await expect(of(nobody, 'c1')).rejects.toMatchObject({ code: expect.stringMatching(/forbidden|unauthenticated/) })
})
