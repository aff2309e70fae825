/** OCSP on the wire: openssl's requests, pkijs as a second reader, every spelling of a GET. */
import { execFileSync } from 'node:child_process'
import { BasicOCSPResponse, OCSPRequest, OCSPResponse } from 'pkijs'
import { describe, expect, test } from 'vitest'
import { ecKey, makeIssuer, makeLeaf, makeRoot, NOON } from '@/e2e/fixtures/chain'
import { certId, ocspRequest } from '@/e2e/fixtures/ocsp'
import { scratchFiles } from '@/e2e/fixtures/openssl'
import { toPem } from './certificate'
import { DerError } from './der'
import {
  assembleOcspResponse,
  buildResponseData,
  type CertStatus,
  encodeCertIds,
  issuerKeys,
  ocspError,
  parseResponseData,
  responderCertificates,
  responderKeyHash,
} from './ocsp'
import { ocspRequestOfPath } from './ocsp-path'
import { onlyCertId, parseOcspRequest } from './ocsp-request'
import { signWith } from './sign'

const root = makeRoot(ecKey('P-384'), 'ecdsaWithSHA384')
const issuer = makeIssuer(root, ecKey(), 'ecdsaWithSHA256')
const leaf = makeLeaf(issuer, ecKey().spki, {})
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const arrayBuffer = (bytes: Uint8Array) => Uint8Array.from(bytes).buffer

function fromOpenssl(...args: string[]): Uint8Array {
  const [issuerFile = '', leafFile = ''] = scratchFiles({
    'issuer.pem': toPem(issuer.der),
    'leaf.pem': toPem(leaf.der),
  })
  const all = ['ocsp', ...args, '-issuer', issuerFile, '-cert', leafFile, '-reqout', '-']
  return execFileSync('openssl', all, { stdio: ['ignore', 'pipe', 'ignore'] })
}

describe('requests', () => {
  test.each(['sha1', 'sha256', 'sha384', 'sha512'] as const)("openssl's, with %s", (hash) => {
    const { certIds, nonce } = parseOcspRequest(fromOpenssl(`-${hash}`, '-no_nonce'))
    const keys = issuerKeys(issuer)
    expect(certIds).toHaveLength(1)
    expect(certIds[0]).toMatchObject({ hash, issuer: keys.find((key) => key.hash === hash)?.issuer })
    expect(nonce).toBeNull()
    expect(parseOcspRequest(fromOpenssl(`-${hash}`, '-nonce')).nonce).not.toBeNull()
  })

  test('ours are read alike by pkijs', () => {
    const request = ocspRequest([certId({ issuer: issuer.der, serial: '1234', hash: 'sha256' })], {
      nonce: Buffer.alloc(16),
    })
    const read = OCSPRequest.fromBER(arrayBuffer(request))
    const [asked] = read.tbsRequest.requestList
    expect(hex(new Uint8Array(asked?.reqCert.serialNumber.valueBlock.valueHexView ?? []))).toBe('1234')
    expect(parseOcspRequest(request).certIds[0]?.serial).toBe('1234')
  })

  test('what is looked up without reading it is the CertID that reading finds, and nothing else is looked up so', () => {
    const plain = [...(['sha1', 'sha256'] as const).map((hash) => fromOpenssl(`-${hash}`, '-no_nonce'))]
    for (const request of plain) {
      const [asked] = parseOcspRequest(request).certIds
      expect(hex(onlyCertId(request) ?? new Uint8Array())).toBe(hex(asked?.bytes ?? new Uint8Array()))
    }
    const id = certId({ issuer: issuer.der, serial: '1234' })
    const whole = ocspRequest([id])
    expect(onlyCertId(whole)).not.toBeNull()
    const others = [
      fromOpenssl('-sha1', '-nonce'),
      ocspRequest([id, id]),
      ocspRequest([id], { nonce: Buffer.alloc(1) }),
      Buffer.concat([whole, Buffer.alloc(1)]),
      whole.subarray(0, -1),
      Buffer.from('30083006300430023000', 'hex').subarray(0, 8),
      new Uint8Array(),
    ]
    for (const request of others) expect(onlyCertId(request)).toBeNull()
    for (let at = 0; at < 10; at += 1) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(onlyCertId(changed)).toBeNull()
    }
  })

  test('every CertID that a certificate can be asked for by is known beforehand', () => {
    for (const key of issuerKeys(issuer)) {
      const known = encodeCertIds(key, '1234').map(hex)
      for (const parameters of ['null', 'absent'] as const)
        expect(known).toContain(hex(certId({ issuer: issuer.der, serial: '1234', hash: key.hash, parameters })))
    }
  })
})

describe('responses', () => {
  const STATUSES: CertStatus[] = [
    { status: 'good' },
    { status: 'unknown' },
    { status: 'revoked', at: NOON, reason: 'keyCompromise' },
    { status: 'revoked', at: NOON, reason: 'unspecified' },
  ]
  const id = certId({ issuer: issuer.der, serial: '1234' })
  const nextUpdate = new Date(NOON.getTime() + 600_000)

  test.each(STATUSES)('of status $status are read back as they were written, by pkijs too', (status) => {
    const data = {
      responderKeyHash: responderKeyHash(issuer.spki),
      producedAt: NOON,
      responses: [{ certId: id, status, thisUpdate: NOON, nextUpdate }],
      nonce: null,
    }
    const tbs = buildResponseData(data)
    const read = parseResponseData(tbs)
    expect(read).toMatchObject({ producedAt: NOON, nonce: null, responses: [{ status, thisUpdate: NOON, nextUpdate }] })
    const body = assembleOcspResponse({
      tbs,
      signature: signWith(issuer.privateKey, 'sha256', tbs),
      certificates: responderCertificates(issuer.der),
    })
    const { responseBytes } = OCSPResponse.fromBER(arrayBuffer(body))
    const basic = BasicOCSPResponse.fromBER(
      arrayBuffer(responseBytes?.response.valueBlock.valueHexView ?? new Uint8Array()),
    )
    expect(basic.tbsResponseData.responses[0]?.certStatus.idBlock.tagNumber).toBe(
      { good: 0, revoked: 1, unknown: 2 }[status.status],
    )
    expect(basic.certs).toHaveLength(1)
  })

  test('an extension beside the nonce is not read', () => {
    const data = { responderKeyHash: responderKeyHash(issuer.spki), producedAt: NOON, responses: [] }
    const extendedRevoked = Buffer.from('300f06092b060105050730010904020500', 'hex')
    expect(() => parseResponseData(buildResponseData({ ...data, nonce: extendedRevoked }))).toThrow(DerError)
  })

  test('errors are five bytes', () => {
    expect(
      ['malformedRequest', 'internalError', 'tryLater', 'sigRequired', 'unauthorized'].map((error) =>
        hex(ocspError(error as 'tryLater')),
      ),
    ).toEqual(['30030a0101', '30030a0102', '30030a0103', '30030a0105', '30030a0106'])
  })
})

describe('the path of a GET', () => {
  // Its base64 holds '/', '//', '+' and '='.
  const request = Buffer.from('30fffffffbefbe3f', 'hex')
  const base64 = request.toString('base64')

  test('the example has what makes trouble', () => {
    expect(base64).toBe('MP////vvvj8=')
  })

  test.each([
    ['raw', `/${base64}`],
    ['percent-encoded', `/${encodeURIComponent(base64)}`],
    ['percent-encoded in part', `/${base64.replace('=', '%3D')}`],
    ['after two slashes', `//${base64}`],
    ['after an encoded slash', `/%2F${base64}`],
    ['in the alphabet of base64url', `/${base64.replaceAll('/', '_').replaceAll('+', '-')}`],
    ['without padding', `/${base64.replace('=', '')}`],
  ])('%s', (_how, path) => {
    expect(ocspRequestOfPath(path)).toEqual(request)
  })

  test('a space was a plus before somebody decoded it', () => {
    expect(ocspRequestOfPath('/MPvv vv8')).toEqual(Buffer.from('MPvv+vv8', 'base64'))
  })

  test.each(['', '/', '/%', '/%zz', '/M*', '/MP=8', `/${'A'.repeat(9_000)}`])('%s is no request', (path) => {
    expect(ocspRequestOfPath(path)).toBeNull()
  })
})
