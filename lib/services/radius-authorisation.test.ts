import { expect, test } from 'vitest'
import { encodeName } from '@/lib/pki/name'
import { parseSerial } from '@/lib/pki/serial'
import { type AccessSubject, createRadiusAuthorisation } from './radius-authorisation'
import { actor, NOON } from './testing/harness'

const question = {
  form: 'rlm_rest' as const,
  serial: parseSerial('0a0b'),
  authorityKeyId: '01'.repeat(20),
  issuer: null,
  ssid: null,
  networkServers: [],
  station: null,
}
const subject: AccessSubject = {
  ...{ certificateId: 'certificate', subject: 'CN=tablet', groupId: 'staff', issuerRevoked: false },
  ...{ notBefore: new Date(NOON.getTime() - 1_000), notAfter: new Date(NOON.getTime() + 1_000) },
  ...{ revokedAt: null, revocationReason: null, access: null },
}

test.each([
  [1, 'access_off'],
  [2, 'certificate_unknown'],
])('a certificate of %i issuers that call their keys alike is answered with %s', async (count, reason) => {
  const issuers = Array.from({ length: count }, (_, index) => ({
    id: `issuer-${index}`,
    subjectDer: encodeName([{ type: 'CN', value: `Issuer ${index}` }]),
    subjectKeyId: Buffer.from(question.authorityKeyId, 'hex'),
  }))
  const { decide } = createRadiusAuthorisation({
    store: { issuers: async () => issuers, subject: async () => subject },
    decisions: { accepted: () => {}, refused: () => {} },
    clock: () => NOON,
  })
  expect(await decide(actor('radius'), question)).toMatchObject({ accept: false, reason })
})
