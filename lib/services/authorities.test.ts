/** The root: made once, completed after a crash, valid by openssl's rules. */
import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { fromPem } from '@/lib/pki/certificate'
import { systemActor } from './actor'
import { installation, memoryBacking } from './testing/harness'

const cli = systemActor('cli', 'test')

test('createRoot makes a self-signed root of twenty years and leaves the whole trail', async () => {
  const portal = installation(memoryBacking())
  const { result: root, trail } = await portal.trailOf(() =>
    portal.authorities.createRoot(cli, { organisation: 'Example', key: 'p384' }),
  )
  const certificate = new X509Certificate(fromPem(root.certificatePem)[0] ?? new Uint8Array())
  expect(root).toMatchObject({
    kind: 'root',
    slug: 'root',
    subject: 'CN=Example Root CA,O=Example',
    keyAlgorithm: 'p384',
    crl: null,
  })
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect(certificate.ca).toBe(true)
  expect(root.notBefore.toISOString()).toBe('2026-11-23T11:00:00.000Z')
  expect(root.notAfter.toISOString()).toBe('2046-11-23T12:00:00.000Z')
  expect(root.crlUrl).toBe('http://pki.example.com/crl/root.crl')
  expect(trail).toMatchObject([
    { type: 'ca.create.requested', object: 'ca', objectId: root.id },
    { type: 'key.generated', object: 'key' },
    { type: 'certificate.issue_intent', outcome: 'pending', objectId: root.certificateId },
    { type: 'certificate.issued', outcome: 'success', objectId: root.certificateId },
    { type: 'ca.create.completed', objectId: root.id },
  ])
  expect(await portal.backing.crlDueSince(root.id)).toEqual(portal.time.now)
})

test('a second createRoot returns the root that is there', async () => {
  const portal = installation(memoryBacking())
  const first = await portal.authorities.createRoot(cli, { organisation: 'Example', key: 'p384' })
  const { result: second, trail } = await portal.trailOf(() =>
    portal.authorities.createRoot(cli, { organisation: 'Other', key: 'rsa4096' }),
  )
  expect(second).toEqual(first)
  expect(trail).toEqual([])
})

test('a root whose signing was interrupted is completed by the next createRoot', async () => {
  const portal = installation(memoryBacking())
  const sign = portal.signer.signCertificate
  portal.signer.signCertificate = async () => {
    throw new Error('killed')
  }
  await expect(portal.authorities.createRoot(cli, { organisation: 'Example', key: 'p384' })).rejects.toMatchObject({
    code: 'unavailable',
  })
  portal.signer.signCertificate = sign
  const { result: root, trail } = await portal.trailOf(() =>
    portal.authorities.createRoot(cli, { organisation: 'Example', key: 'p384' }),
  )
  expect(root.subject).toBe('CN=Example Root CA,O=Example')
  expect(trail.map(({ type }) => type)).toEqual(['certificate.issued', 'ca.create.completed'])
})

test('a long organisation keeps its name within RFC 5280 limits', async () => {
  const portal = installation(memoryBacking())
  const root = await portal.authorities.createRoot(cli, { organisation: 'Ä'.repeat(64), key: 'p384' })
  expect([...root.name]).toHaveLength(64)
  expect(root.name).toMatch(/^Ä+ [0-9a-f]{6} Root CA$/)
})
