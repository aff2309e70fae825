/** What each setting of an endpoint changes on the wire, over stores in memory. */
import { X509Certificate } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { parseCertificate } from '@/lib/pki/certificate'
import { parseCaCertificates, selfSignedCertificate } from '@/lib/scep/client'
import type { EndpointChange } from './endpoint-change'
import type { EndpointPolicy } from './endpoint-settings'
import { grantTo } from './enrolment-authorisation'
import { createTrace } from './exchange-trace'
import type { ScepEnrolmentStore } from './scep-enrolment'
import { checkSignerKey } from './signer-key'
import {
  type EnrolmentPortal,
  enrolmentPortal,
  memoryEnrolmentBacking,
  REQUEST,
  rsaKey,
  type Told,
} from './testing/enrolment'
import { actor, NOON } from './testing/harness'

const BAD_ALGORITHM = { pkiStatus: 'FAILURE', failInfo: 0, failInfoText: 'algorithm not supported' }
const UNPROCESSABLE = { pkiStatus: 'FAILURE', failInfo: 2, failInfoText: 'request could not be processed' }

let portal: EnrolmentPortal
let clients: (string | null)[]
beforeEach(async () => {
  const backing = memoryEnrolmentBacking()
  clients = []
  const store: ScepEnrolmentStore = {
    ...backing.enrolment.enrolment,
    begin: (attempt) => {
      clients.push(attempt.client)
      return backing.enrolment.enrolment.begin(attempt)
    },
  }
  const grantAll = {
    authorise: async (presentation: Parameters<typeof grantTo>[1]) => {
      const constraints = { v: 1 as const, subject: [{ type: 'CN', value: 'tablet-7' }], san: [] }
      const grant = {
        origin: 'static' as const,
        subject: 'CN=tablet-7',
        constraints,
        evidence: {},
        renewsCertificateId: null,
      }
      const granted = await grantTo(backing.enrolment.grants, presentation, grant, [])
      if (granted === null) throw new Error('spent')
      return granted
    },
    giveBack: async () => {},
  }
  portal = await enrolmentPortal(backing, {}, { store, authorisers: { static: grantAll, approval: grantAll } })
})

async function set(change: EndpointChange): Promise<void> {
  await portal.groups.updateEndpoint(actor('admin'), portal.slug, change)
  portal.time.now = new Date(portal.time.now.getTime() + 1_000)
}

const get = (query: string) => portal.scep.handle({ ...REQUEST, endpoint: portal.slug, method: 'GET', query })
const names = (ders: Uint8Array[]) =>
  ders.map((der) => new X509Certificate(der).subject.split('\n').find((part) => part.startsWith('CN=')) ?? '')

async function enrol(told: Told) {
  const { challenge } = await portal.mint()
  return (await portal.device({ challenge, ...told })).enrol()
}

describe('single DES', () => {
  test('without the switch it is badAlg, and the challenge stays usable', async () => {
    const { challenge } = await portal.mint()
    const device = await portal.device({ challenge, message: { cipher: 'des', digest: 'sha1' } })
    const { result, full } = await portal.eventsOf(() => device.enrol())
    expect(result).toMatchObject(BAD_ALGORITHM)
    expect(full).toMatchObject([{ type: 'enrol.request.rejected', reason: 'des_not_allowed' }])
    expect(await device.enrol({ cipher: 'aes128', digest: 'sha256' })).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('with the switch it enrols and is mirrored; GetCACaps has no word for it', async () => {
    const before = Buffer.from((await get('operation=GetCACaps')).body).toString()
    await set({ allowDes: true })
    expect(Buffer.from((await get('operation=GetCACaps')).body).toString()).toBe(before)
    // parseCertRep opens the reply with the cipher that it names.
    expect(await enrol({ message: { cipher: 'des', digest: 'sha1' } })).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('the switch brings back neither SHA-1 nor 3DES', async () => {
    await set({ allowDes: true, allowSha1: false, allow3des: false })
    expect(await enrol({ message: { cipher: 'des', digest: 'sha1' } })).toMatchObject(BAD_ALGORITHM)
    expect(await enrol({ message: { cipher: '3des' } })).toMatchObject(BAD_ALGORITHM)
    expect(await enrol({ message: { cipher: 'des' } })).toMatchObject({ pkiStatus: 'SUCCESS' })
  })
})

test('modern only: DES3 and SHA-1 are neither offered nor taken', async () => {
  await set({ allowSha1: false, allow3des: false })
  const lines = Buffer.from((await get('operation=GetCACaps')).body)
    .toString()
    .split('\n')
  expect(lines).not.toContain('DES3')
  expect(lines).not.toContain('SHA-1')
  for (const keyword of ['AES', 'POSTPKIOperation', 'SHA-256', 'SCEPStandard']) expect(lines).toContain(keyword)
  expect(await enrol({ message: { digest: 'sha1' } })).toMatchObject(BAD_ALGORITHM)
  expect(await enrol({ message: { cipher: '3des' } })).toMatchObject(BAD_ALGORITHM)
  expect(await enrol({ message: { digest: 'sha512', cipher: 'aes256' } })).toMatchObject({ pkiStatus: 'SUCCESS' })
})

describe('GetCACert', () => {
  test('single: one DER certificate under its own type, to which devices can encrypt', async () => {
    await set({ caCertificates: 'single' })
    const response = await get('operation=GetCACert&message=0')
    expect(response.contentType).toBe('application/x-x509-ca-cert')
    expect(names(parseCaCertificates(response.body))).toEqual(['CN=Staff SCEP RA'])
    expect(response.body[0]).toBe(0x30)
    expect(() => parseCertificate(response.body)).not.toThrow()
    expect(await enrol({})).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test("with the legacy switch, Go's old library is kept from elliptic curve keys, and nobody else", async () => {
    const ask = (userAgent: string) =>
      portal.scep.handle({
        ...REQUEST,
        endpoint: portal.slug,
        method: 'GET',
        query: 'operation=GetCACert',
        userAgent,
      })
    const count = async (userAgent: string) => parseCaCertificates((await ask(userAgent)).body).length
    expect(await count('Go-http-client/1.1')).toBe(3)
    await set({ allowDes: true })
    expect(await count('Go-http-client/1.1')).toBe(1) // issuer and root have elliptic curve keys here
    expect(await count('test device')).toBe(3)
  })

  test('the chain operations of old drafts answer the chain whatever is set', async () => {
    await set({ caCertificates: 'single' })
    for (const operation of ['GetCAChain', 'GetCACertChain']) {
      const response = await get(`operation=${operation}`)
      expect(response.contentType).toBe('application/x-x509-ca-ra-cert-chain')
      expect(parseCaCertificates(response.body)).toHaveLength(3)
    }
  })
})

test.each([
  ['leaf', true, 1],
  ['leaf_issuer', true, 2],
  ['leaf_chain', true, 3],
  ['leaf_chain', false, 2],
] as const)(
  '%s with includeRoot %s: %i certificates, the leaf first, resent alike',
  async (replyCertificates, includeRoot, count) => {
    await set({ replyCertificates, includeRoot })
    const { challenge } = await portal.mint()
    const device = await portal.device({ challenge })
    for (const reply of [await device.enrol(), await device.enrol(), await device.poll()]) {
      const found = names(reply.certificates)
      expect(found[0]).toBe('CN=tablet-7')
      expect(found.slice(1)).toEqual(['CN=Staff Issuing CA', 'CN=Example Root CA'].slice(0, count - 1))
    }
  },
)

describe('another key signs', () => {
  const other: Told = { signer: 1, key: 0 }
  const pinOf = (number: number) => {
    const der = signerCertificates.get(number) ?? new Uint8Array()
    return Buffer.from(new X509Certificate(der).fingerprint256.replaceAll(':', ''), 'hex').toString('hex')
  }
  const signerCertificates = new Map([
    [1, selfSignedCertificate({ subject: [{ type: 'CN', value: 'JAMF Proxy' }], privateKey: rsaKey(1) })],
  ])
  const proxy: Told = { ...other, message: { signerCertificateDer: signerCertificates.get(1) as Uint8Array } }

  test('with a one-time challenge it may, by default', async () => {
    expect(await enrol(other)).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('what a validator decides counts like a one-time challenge', () => {
    const rules = { signerKeyPolicy: 'allow_with_challenge', trustedProxySigners: [], chain: [] } as const
    const presentation = { signerDiffers: true, signerDer: new Uint8Array(3), trace: createTrace(NOON, () => NOON) }
    const check = (policy: EndpointPolicy) => () =>
      checkSignerKey({ ...rules, trustedProxySigners: [], policy }, presentation)
    expect(check('delegated')).not.toThrow()
    expect(check('approval')).toThrow('signer_key_differs')
    expect(presentation.trace.steps).toMatchObject([
      { step: 'signer.differs', facts: { allowed: true } },
      { step: 'signer.differs', facts: { allowed: false } },
    ])
  })

  test('a certificate of this very issuer may sign, as in a renewal that falls back to its challenge', async () => {
    const [issued] = (await enrol({ signer: 2, key: 2 })).certificates
    await set({ policy: 'static', signerKeyPolicy: 'must_match_csr' })
    const device = await portal.device({
      signer: 2,
      key: 'ec',
      challenge: 'A shared secret',
      message: { signerCertificateDer: issued as Uint8Array },
    })
    expect(await device.enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test('must_match_csr: refused like an envelope that does not open, with the floor, and nothing used up', async () => {
    await set({ signerKeyPolicy: 'must_match_csr' })
    const { challenge } = await portal.mint()
    const { result, full } = await portal.eventsOf(async () => (await portal.device({ challenge, ...other })).enrol())
    expect(result).toMatchObject(UNPROCESSABLE)
    expect(full).toMatchObject([{ type: 'enrol.request.rejected', reason: 'signer_key_differs' }])
    expect(portal.paused.length).toBeGreaterThan(0)
    expect(await (await portal.device({ challenge })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
  })

  test.each(['static', 'approval'] as const)(
    'under the policy %s it may not, whatever the signer policy',
    async (policy) => {
      for (const signerKeyPolicy of ['allow_with_challenge', 'must_match_csr'] as const) {
        await set({ policy, signerKeyPolicy })
        const device = await portal.device({ ...other, key: 'ec' })
        expect(await device.enrol()).toMatchObject(UNPROCESSABLE)
      }
      expect(await (await portal.device({})).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    },
  )

  test.each(['dynamic', 'static', 'approval'] as const)(
    'a pinned proxy may under %s, and only that certificate',
    async (policy) => {
      await set({ policy: 'dynamic', signerKeyPolicy: 'must_match_csr', trustedProxySigners: [pinOf(1)] })
      const { challenge } = await portal.mint()
      await set({ policy })
      // The same key under another certificate is not what was pinned.
      const renamed = selfSignedCertificate({ subject: [{ type: 'CN', value: 'JAMF Proxy' }], privateKey: rsaKey(1) })
      const impostor = await portal.device({ challenge, ...other, message: { signerCertificateDer: renamed } })
      expect(await impostor.enrol()).toMatchObject(UNPROCESSABLE)
      expect(await (await portal.device({ challenge, ...proxy })).enrol()).toMatchObject({ pkiStatus: 'SUCCESS' })
    },
  )
})

test('switched off, nothing is answered from the next second on', async () => {
  await portal.mint()
  await set({ enabled: false })
  expect((await get('operation=GetCACaps')).status).toBe(404)
})

test('the profile decides about keys, lifetime, beginning and usage', async () => {
  await set({
    profile: {
      validityDays: 7,
      backdateMinutes: 1_440,
      minRsaBits: 3072,
      ellipticCurves: ['P-256'],
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.4'],
    },
  })
  expect(await enrol({})).toMatchObject({ failInfoText: 'request not permitted by policy' })
  const { certificates } = await enrol({ key: 'ec' })
  const leaf = parseCertificate(certificates[0] ?? new Uint8Array())
  expect(leaf.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.4'])
  // The issuer is only an hour older than now, and no certificate begins before its issuer.
  expect(leaf.notBefore.getTime()).toBeLessThan(NOON.getTime())
  expect(Math.round((leaf.notAfter.getTime() - NOON.getTime()) / 86_400_000)).toBe(7)
})

test('the transaction notes which client it seems to be', async () => {
  const { challenge } = await portal.mint()
  const subject = [{ type: 'CN', value: 'SCEP Protocol Certificate' }]
  const signerCertificateDer = selfSignedCertificate({ subject, privateKey: rsaKey(1) })
  await (await portal.device({ challenge, signer: 1, key: 0, message: { signerCertificateDer } })).enrol()
  await (await portal.device({ challenge: 'wrong' })).enrol()
  expect(clients).toEqual(['windows', null])
})
