/**
 * What devices, their managements, relying parties and RADIUS servers get over HTTP: SCEP, the challenge page, what MDMs
 * send, OCSP, CRLs, CA certificates, the files of trust pages, and who is let in. Request facts in; status, headers and
 * body out. The front process serves them on node:http, and
 * the route handlers under app/ alike.
 */

import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { toPemBytes } from '@/lib/pki/pem'
import { slugOfPath } from '@/lib/scep/http'
import { isPagePath } from '@/lib/scep/ndes-page'
import type { Services } from '@/lib/server'
import type { TrustService } from '@/lib/services/trust'
import { accepts } from './accept-encoding'
import { type ChallengePageServices, challengePageResponse } from './challenge-page-path'
import { type DeviceRequest, type DeviceResponse, isFresh, notModified, respond, text, utf8 } from './device-response'
import { type HookServices, hookHttpResponse, isHookPath } from './hook-path'
import { ocspResponse, ocspTarget } from './ocsp-http'
import { RADIUS_PATH, type RadiusServices, radiusHttpResponse } from './radius-path'

export { type DeviceRequest, type DeviceResponse, text } from './device-response'

/** A cache may hold a CRL for a minute, however long it is valid: a revocation shall be known soon. */
const CRL_MAX_AGE = 60
/** Smaller ones fit the first packets of an answer as they are. */
const WORTH_GZIP = 16 * 1024
/** A CA certificate under one URL changes at most once in its life. */
const CA_MAX_AGE = 3600
/** Minters ask again every five minutes at most. */
const KEYS_MAX_AGE = 300

/** Whoever switches a trust page off, or stages an issuer, sees it in the files soon. */
const TRUST_MAX_AGE = 300

const PATHS = {
  scep: /^\/(scep(\/|$)|cgi-bin\/pkiclient\.exe\/?$|certsrv\/mscep\/mscep\.dll(\/|$))/i,
  crl: /^\/crl\/([a-z0-9-]{1,64})(?:\/([1-9]\d{0,8}))?\.(crl|pem)$/,
  ca: /^\/ca\/([a-z0-9-]{1,64})\.(cer|pem)$/,
  trust: /^\/trust\/([a-z0-9-]{1,64})\/([a-z0-9.-]{1,64})$/,
  keys: /^\/\.well-known\/latchkey\/([a-z0-9-]{1,64})\/jwks\.json$/,
}

export type DevicePath = 'scep' | 'status' | 'radius' | 'hook' | 'ndes'

/** Whether a path belongs to devices; everything else is the portal's. */
export function devicePath(path: string): DevicePath | null {
  if (isPagePath(path)) return 'ndes'
  if (PATHS.scep.test(path)) return 'scep'
  if (path === RADIUS_PATH) return 'radius'
  if (isHookPath(path)) return 'hook'
  return /^\/((crl|ca|\.well-known\/latchkey)\/|ocsp(\/|$)|trust\/[^/]+\/.)/.test(path) ? 'status' : null
}

/** Who answers for these paths. */
export type DeviceServices = Pick<Services, 'scepEnrolment' | 'status' | 'ocsp' | 'minters'> & {
  trust: Pick<TrustService, 'page'>
} & RadiusServices &
  HookServices &
  ChallengePageServices

export async function deviceResponse(services: DeviceServices, request: DeviceRequest): Promise<DeviceResponse> {
  if (request.path === RADIUS_PATH) return radiusHttpResponse(services, request)
  const kind = devicePath(request.path)
  if (kind === 'hook') return hookHttpResponse(services, request)
  if (kind === 'ndes') return challengePageResponse(services, request)
  if (kind === 'scep') return scepHttpResponse(services, request)
  if (request.path.startsWith('/.well-known/')) return keysHttpResponse(services, request)
  if (request.path.startsWith('/trust/')) return trustHttpResponse(services, request)
  const ocsp = ocspTarget(request.path)
  if (ocsp !== null) return ocspResponse(services, ocsp, request)
  return request.path.startsWith('/crl/') ? crlHttpResponse(services, request) : caHttpResponse(services, request)
}

/** RFC 8894 §4.1. Never a redirect, never a page: Windows shows an HTML answer as "file name too long". */
export async function scepHttpResponse(
  services: Pick<Services, 'scepEnrolment'>,
  request: DeviceRequest,
): Promise<DeviceResponse> {
  const endpoint = slugOfPath(request.path)
  if (endpoint === null) return text(404, 'No such endpoint.')
  const { method, path, query, body, ip, headers, gone, httpVersion = null } = request
  const reply = await services.scepEnrolment.handle({
    endpoint,
    method,
    query,
    body,
    ip,
    contentEncoding: headers.get('content-encoding'),
    userAgent: headers.get('user-agent'),
    ...(gone === undefined ? {} : { gone }),
    path,
    contentType: headers.get('content-type'),
    httpVersion,
  })
  // Apple and certmonger compare the whole content type, so nothing may be appended to it (scep.md §1.6).
  return respond(reply.status, reply.contentType, reply.body, { 'Cache-Control': 'no-store', ...reply.headers })
}

/**
 * `/crl/{issuer}.crl` and `/crl/{issuer}/{shard}.crl` in DER as RFC 5280 §4.2.1.13 wants it, and `.pem` for people. What
 * is past its nextUpdate is served on: relying parties refuse it by themselves, and see what they refuse.
 */
export async function crlHttpResponse(
  services: Pick<Services, 'status'>,
  request: DeviceRequest,
): Promise<DeviceResponse> {
  const [, slug, shard, form] = PATHS.crl.exec(request.path) ?? []
  if (!slug) return text(404, 'No such CRL.')
  if (!isRead(request.method)) return methodNotAllowed()
  const crl = await services.status.crl(slug, shard === undefined ? null : Number(shard))
  if (!crl) return text(404, 'No such CRL.')
  const gzipped = crl.der.length >= WORTH_GZIP && accepts(request.headers.get('accept-encoding'), 'gzip')
  const headers = {
    ETag: `"${crl.sha256}${form === 'pem' ? '-pem' : ''}${gzipped ? '-gzip' : ''}"`,
    'Last-Modified': crl.thisUpdate.toUTCString(),
    Expires: crl.nextUpdate.toUTCString(),
    'Cache-Control': `max-age=${Math.min(CRL_MAX_AGE, crl.secondsLeft)}, public, no-transform, must-revalidate`,
    Vary: 'Accept-Encoding',
  }
  // By the tag alone: two lists may be of the same second, and whoever has the first must not be told that it is the last.
  if (isFresh(request.headers, headers.ETag, null)) return notModified(headers)
  const body = form === 'pem' ? await pemOf(crl.der, 'X509 CRL') : crl.der
  const type = form === 'pem' ? 'application/x-pem-file' : 'application/pkix-crl'
  return gzipped
    ? respond(200, type, await gzipOf(body), { ...headers, 'Content-Encoding': 'gzip' })
    : respond(200, type, body, headers)
}

/** `/ca/{issuer}.cer` in DER, where the AIA extension points (RFC 5280 §4.2.2.1), and `.pem` for people. */
export async function caHttpResponse(
  services: Pick<Services, 'status'>,
  request: DeviceRequest,
): Promise<DeviceResponse> {
  const [, slug, form] = PATHS.ca.exec(request.path) ?? []
  if (!slug) return text(404, 'No such certificate.')
  if (!isRead(request.method)) return methodNotAllowed()
  const certificate = await services.status.caCertificate(slug)
  if (!certificate) return text(404, 'No such certificate.')
  const headers = {
    ETag: `"${certificate.sha256}${form === 'pem' ? '-pem' : ''}"`,
    'Cache-Control': `max-age=${CA_MAX_AGE}, public, no-transform`,
  }
  if (isFresh(request.headers, headers.ETag, null)) return notModified(headers)
  return form === 'pem'
    ? respond(200, 'application/x-pem-file', await pemOf(certificate.der, 'CERTIFICATE'), headers)
    : respond(200, 'application/pkix-cert', certificate.der, headers)
}

/** `/trust/{group}/{file}`: the CA certificates in the forms that platforms want. What is unknown and what is not shown look alike. */
export async function trustHttpResponse(
  services: Pick<DeviceServices, 'trust'>,
  request: DeviceRequest,
): Promise<DeviceResponse> {
  const [, group, name] = PATHS.trust.exec(request.path) ?? []
  if (!isRead(request.method)) return methodNotAllowed()
  const page = group ? await services.trust.page(group) : null
  const file = page?.files.get(name ?? '')
  if (!file) return text(404, 'No such file.')
  const headers = {
    ETag: `"${file.sha256}"`,
    'Cache-Control': `max-age=${TRUST_MAX_AGE}, public, no-transform, must-revalidate`,
  }
  return isFresh(request.headers, headers.ETag, null)
    ? notModified(headers)
    : respond(200, file.contentType, file.body, headers)
}

/**
 * `/.well-known/latchkey/{endpoint}/jwks.json`: to whom signed challenges are encrypted (RFC 7517), and what their `aud`
 * must say. Public keys only; what is unknown and what nobody may mint for look alike.
 */
export async function keysHttpResponse(
  services: Pick<Services, 'minters'>,
  request: DeviceRequest,
): Promise<DeviceResponse> {
  const [, slug] = PATHS.keys.exec(request.path) ?? []
  if (!slug) return text(404, 'No such keys.')
  if (!isRead(request.method)) return methodNotAllowed()
  const keys = await services.minters.publishedKeys(slug)
  if (!keys) return text(404, 'No such keys.')
  const body = utf8(JSON.stringify(keys))
  return respond(200, 'application/jwk-set+json', body, { 'Cache-Control': `max-age=${KEYS_MAX_AGE}, public` })
}

/** Made once for each DER that the service keeps: a CRL can be large. */
const pems = new WeakMap<Uint8Array, Promise<Uint8Array>>()

function pemOf(der: Uint8Array, label: string): Promise<Uint8Array> {
  const pem = pems.get(der) ?? toPemBytes(der, label)
  pems.set(der, pem)
  return pem
}

/** Off the main thread, and once for each body. Half the size at best: serials are random. */
const gzips = new WeakMap<Uint8Array, Promise<Uint8Array>>()
const gzipInBackground = promisify(gzip)

function gzipOf(body: Uint8Array): Promise<Uint8Array> {
  const gzipped = gzips.get(body) ?? gzipInBackground(body)
  gzips.set(body, gzipped)
  return gzipped
}

function methodNotAllowed(): DeviceResponse {
  return text(405, 'Only GET and HEAD.', { Allow: 'GET, HEAD' })
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}
