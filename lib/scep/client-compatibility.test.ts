import { expect, test } from 'vitest'
import { CLIENT_FAMILIES, type ClientFamily } from './client-catalogue'
import { type CompatibilitySettings, compatibility } from './client-compatibility'

const DEFAULTS: CompatibilitySettings = {
  policy: 'dynamic',
  includeRoot: true,
  allowSha1: true,
  allow3des: true,
  allowDes: false,
  scepIdentity: 'ra',
  caCertificates: 'chain',
  replyCertificates: 'leaf',
  signerKeyPolicy: 'allow_with_challenge',
  trustedProxySigners: [],
  renewal: true,
  renewalByPkcsReq: true,
}

function of(family: ClientFamily, change: Partial<CompatibilitySettings> = {}) {
  const found = compatibility({ ...DEFAULTS, ...change }).find((each) => each.family === family)
  return { verdict: found?.verdict, setting: found?.remarks[0]?.setting }
}

test('as endpoints are made, everybody works but those on single DES and those nothing helps', () => {
  const all = compatibility(DEFAULTS)
  expect(all.map(({ family }) => family)).toEqual(CLIENT_FAMILIES)
  const excluded = all.filter(({ verdict }) => verdict === 'excluded').map(({ family }) => family)
  expect(excluded).toEqual(['micromdm', 'fips_java', 'no_client'])
})

test.each<[ClientFamily, Partial<CompatibilitySettings>, string, string | null | undefined]>([
  ['micromdm', {}, 'excluded', 'allowDes'],
  ['micromdm', { allowDes: true }, 'works_with_a_note', 'allowDes'],
  ['micromdm', { allowDes: true, allowSha1: false }, 'excluded', 'allowSha1'],
  ['certmonger', {}, 'works', undefined],
  ['certmonger', { allow3des: false }, 'excluded', 'allow3des'],
  ['certmonger', { allow3des: false, allowDes: true }, 'works_with_a_note', 'allowDes'],
  ['apple', { allowSha1: false, allow3des: false }, 'works', undefined],
  ['apple', { caCertificates: 'single' }, 'works_with_a_note', 'caCertificates'],
  ['apple', { policy: 'approval' }, 'works_with_a_note', 'policy'],
  ['strongswan', { includeRoot: false }, 'excluded', 'includeRoot'],
  ['strongswan', { caCertificates: 'single' }, 'excluded', 'caCertificates'],
  ['android_intune', { includeRoot: false }, 'works_with_a_note', 'includeRoot'],
  ['jscep', { caCertificates: 'single' }, 'excluded', 'caCertificates'],
  ['windows', { caCertificates: 'single' }, 'excluded', 'caCertificates'],
  ['windows', { signerKeyPolicy: 'must_match_csr' }, 'works_with_a_note', 'signerKeyPolicy'],
  ['windows', { policy: 'static' }, 'works_with_a_note', 'policy'],
  ['jamf', {}, 'works', undefined],
  ['jamf', { policy: 'static' }, 'excluded', 'trustedProxySigners'],
  ['jamf', { policy: 'static', trustedProxySigners: ['ab'] }, 'works_with_a_note', 'trustedProxySigners'],
  ['mdm_proxy', { signerKeyPolicy: 'must_match_csr' }, 'excluded', 'trustedProxySigners'],
  ['juniper', { replyCertificates: 'leaf_issuer' }, 'excluded', 'replyCertificates'],
  ['cisco', {}, 'works_with_a_note', 'replyCertificates'],
  ['cisco', { replyCertificates: 'leaf_issuer' }, 'works', undefined],
  ['sscep', { renewalByPkcsReq: false }, 'works_with_a_note', 'renewalByPkcsReq'],
  ['strongswan', { renewal: false }, 'works_with_a_note', 'renewal'],
  ['no_client', {}, 'excluded', null],
])('%s with %j: %s by %s', (family, change, verdict, setting) => {
  expect(of(family, change)).toEqual({ verdict, setting })
})
