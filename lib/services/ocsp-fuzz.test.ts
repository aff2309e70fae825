/** Ten thousand requests, sound and damaged: no crash, and never a wrong good. OCSP, CRL and record agree throughout. */
import { expect, test } from 'vitest'
import { certId, ocspRequest } from '@/e2e/fixtures/ocsp'
import { openssl } from '@/e2e/fixtures/openssl'
import { damaged } from '@/e2e/fuzz/bytes'
import { chance } from '@/e2e/fuzz/random'
import { fromPem } from '@/lib/pki/certificate'
import { parseDer, TAG } from '@/lib/pki/der'
import { parseResponseData } from '@/lib/pki/ocsp'
import { newSerial } from '@/lib/pki/serial'
import { systemActor } from './actor'
import type { RevocationReason } from './certificates'
import { certStatus } from './ocsp-status'
import { actor, installation, memoryBacking, newDevice } from './testing/harness'

const REQUESTS = 10_000
const CERTIFICATES = 90
const REASONS: RevocationReason[] = ['unspecified', 'keyCompromise', 'certificateHold', 'superseded']
const HASHES = ['sha1', 'sha256', 'sha384', 'sha512'] as const
const ERRORS = ['30030a0101', '30030a0106']

/** Every single response of an answer; none for an error. */
function statusesIn(body: Uint8Array) {
  const outer = parseDer(body).open()
  if (outer.next(TAG.enumerated).content[0] !== 0) return []
  const bytes = outer.next(0xa0).open().next(TAG.sequence).open()
  bytes.next(TAG.oid)
  const basic = parseDer(bytes.next(TAG.octetString).content).open()
  return parseResponseData(basic.next(TAG.sequence).bytes).responses
}

test('whatever is asked, what is said is on record', async () => {
  const by = chance(20_261_126)
  const portal = installation(memoryBacking())
  await portal.setUp()
  const { endpoint, issuer } = await portal.createGroup()
  const issuerDer = fromPem(issuer.certificatePem)[0] as Uint8Array
  await portal.ocspResponders.renewEnding(systemActor('job', 'test'))
  const device = newDevice()
  const serials: string[] = []
  for (let n = 0; n < CERTIFICATES; n++) {
    const issued = await portal.enrol(endpoint.id, device)
    serials.push(issued.serial)
    if (n % 3 === 0)
      await portal.certificates.revoke(actor('admin'), issued.id, {
        reason: REASONS[n % REASONS.length] ?? 'superseded',
      })
  }
  await portal.status.publishDueCrls()
  const crl = await portal.status.crl(issuer.slug)
  const list = openssl(['crl', '-inform', 'DER', '-noout', '-text'], crl?.der).toString()
  const listed = new Set([...list.matchAll(/Serial Number: ([0-9A-F]+)/g)].map(([, serial]) => serial))

  const said = { good: 0, revoked: 0, unknown: 0, error: 0 }
  for (let n = 0; n < REQUESTS; n++) {
    portal.ocsp.changed([], portal.time.now.getTime())
    const ids = Array.from({ length: by.oneIn(10) ? 1 + by.below(4) : 1 }, () =>
      certId({
        issuer: issuerDer,
        serial: by.oneIn(3) ? newSerial() : by.one(serials),
        hash: by.one(HASHES),
        parameters: by.one(['null', 'absent']),
      }),
    )
    const sound = ocspRequest(ids, by.oneIn(4) ? { nonce: by.bytes(1 + by.below(64)) } : {})
    const malformed = n % 3 === 0
    const request = malformed ? (by.oneIn(5) ? by.bytes(by.below(120)) : damaged(sound, by)) : sound
    const { kind, body } = await portal.ocsp.answer(by.one([null, 'staff']), request)
    const statuses = statusesIn(body)
    if (kind === 'error') {
      said.error += 1
      expect(ERRORS).toContain(Buffer.from(body).toString('hex'))
      expect(malformed, `seed ${by.seed}, request ${n}`).toBe(true)
    } else expect(statuses.length).toBeGreaterThan(0)
    for (const { certId: asked, status } of statuses) {
      said[status.status] += 1
      const record = asked.serial === null ? null : await portal.stores.ocsp.status(issuer.id, asked.serial)
      expect(status, `seed ${by.seed}, request ${n}`).toEqual(certStatus(record))
      expect(listed.has(asked.serial ?? '')).toBe(status.status === 'revoked')
    }
  }
  for (const count of Object.values(said)) expect(count).toBeGreaterThan(1_000)
}, 120_000)
