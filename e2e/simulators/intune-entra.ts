/** Entra ID: tokens for a tenant and an audience, for whoever proves to be one of its applications. */
import { createHash, createPublicKey, randomUUID, sign, timingSafeEqual, verify, X509Certificate } from 'node:crypto'
import { type Answer, json } from './intune-answer'
import { type Application, type Tenant, tenantNamed, type World } from './intune-world'

export const GRAPH_AUDIENCE = 'https://graph.microsoft.com'
export const INTUNE_AUDIENCE = 'https://api.manage.microsoft.com/'
export const GRAPH_SCOPE = `${GRAPH_AUDIENCE}/.default`
export const INTUNE_SCOPE = `${INTUNE_AUDIENCE}/.default`

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** Entra asks for short-lived assertions; ten minutes and the clocks between us. */
const ASSERTION_SECONDS = 660
const CLOCK_SKEW_SECONDS = 300
const PARAMETERS = [
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion_type',
  'client_assertion',
  'scope',
] as const

export interface AccessToken {
  tenant: Tenant
  roles: string[]
}

export type TokenVerdict = { token: AccessToken } | { refused: string }

/** `tokenUrl` is the address of this endpoint as clients know it: what an assertion must be made for. */
export function answerTokenRequest(
  world: World,
  request: { tenant: string; tokenUrl: string; contentType: string; body: string },
): Answer {
  const refuse = (status: number, error: string, code: number, sentence: string) =>
    entraError(world, status, error, code, sentence)
  if (!/^application\/x-www-form-urlencoded(;|$)/i.test(request.contentType))
    return refuse(
      400,
      'invalid_request',
      900144,
      "The request body must contain the following parameter: 'grant_type'.",
    )
  const given = new URLSearchParams(request.body)
  for (const name of PARAMETERS)
    if (given.getAll(name).length > 1)
      return refuse(
        400,
        'invalid_request',
        9000411,
        `The request is not properly formatted. The parameter '${name}' is duplicated.`,
      )
  const stray = [...given.keys()].find((name) => !PARAMETERS.some((known) => known === name))
  if (stray !== undefined) return refuse(400, 'invalid_request', 90023, `Unexpected parameter '${stray}'.`)
  for (const name of ['grant_type', 'client_id', 'scope'])
    if (!given.get(name))
      return refuse(400, 'invalid_request', 900144, `The request body must contain the following parameter: '${name}'.`)

  if (!/^[0-9a-z-]+(\.[0-9a-z-]+)*$/i.test(request.tenant))
    return refuse(
      400,
      'invalid_request',
      900023,
      `Specified tenant identifier '${request.tenant}' is neither a valid DNS name, nor a valid external domain.`,
    )
  const tenant = tenantNamed(world, request.tenant)
  if (!tenant)
    return refuse(
      400,
      'invalid_request',
      90002,
      `Tenant '${request.tenant}' not found. Check to make sure you have the correct tenant ID.`,
    )
  if (given.get('grant_type') !== 'client_credentials')
    return refuse(400, 'unsupported_grant_type', 70003, 'The app requested an unsupported grant type.')
  const application = tenant.applications.get(given.get('client_id') ?? '')
  if (!application)
    return refuse(
      400,
      'unauthorized_client',
      700016,
      `Application with identifier '${given.get('client_id')}' was not found in the directory '${tenant.domain}'.`,
    )
  const wrong = wrongCredential(world, application, tenant, given, request.tokenUrl)
  if (wrong) return refuse(401, 'invalid_client', ...wrong)
  return grant(world, tenant, application, given.get('scope') ?? '')
}

function grant(world: World, tenant: Tenant, application: Application, scope: string): Answer {
  if (!scope.endsWith('/.default') || /\s/.test(scope))
    return entraError(
      world,
      400,
      'invalid_scope',
      1002012,
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.`,
    )
  const audience = audienceOf(world, scope)
  if (audience === null)
    return entraError(
      world,
      400,
      'invalid_resource',
      500011,
      `The resource principal named ${scope.replace(/\/\.default$/, '')} was not found in the tenant named ${tenant.domain}.`,
    )
  const roles =
    audience === GRAPH_AUDIENCE
      ? tenant.graphConsent
        ? ['Application.Read.All']
        : []
      : tenant.intuneRole
        ? ['scep_challenge_provider']
        : []
  const now = world.now().getTime()
  const seconds = Math.floor(now / 1000)
  const lifetime = world.switches.tokenSeconds
  const claims = {
    aud: audience,
    tid: tenant.id,
    appid: application.id,
    roles,
    madeAt: now,
    nbf: seconds,
    exp: seconds + lifetime,
    uti: randomUUID(),
  }
  const signed = `${base64url({ typ: 'JWT', alg: 'RS256' })}.${base64url(claims)}`
  const signature = sign('sha256', Buffer.from(signed), world.tokenKey).toString('base64url')
  return json(200, {
    token_type: 'Bearer',
    expires_in: world.switches.toldTokenSeconds ?? lifetime,
    ext_expires_in: lifetime,
    access_token: `${signed}.${signature}`,
  })
}

function audienceOf(world: World, scope: string): string | null {
  if (scope === GRAPH_SCOPE) return GRAPH_AUDIENCE
  if (scope === INTUNE_SCOPE) return INTUNE_AUDIENCE
  if (scope === INTUNE_SCOPE.replace('//.default', '/.default') && !world.switches.requireDoubleSlash)
    return INTUNE_AUDIENCE
  return null
}

/** What a service makes of the Authorization header: the token must be Entra's, in time, and for this very service. */
export function verifyToken(world: World, authorization: string | undefined, audience: string): TokenVerdict {
  const [scheme, token = '', ...rest] = authorization?.split(' ') ?? []
  if (scheme !== 'Bearer' || token === '' || rest.length > 0) return { refused: 'Access token is empty.' }
  const parts = jwt(token)
  if (parts === null) return { refused: 'The token is no JWT.' }
  if (!verify('sha256', Buffer.from(parts.signed), world.tokenPublicKey, parts.signature))
    return { refused: 'Access token validation failure. Invalid signature.' }
  const { aud, tid, exp, roles, madeAt } = parts.claims
  if (aud !== audience) return { refused: 'Access token validation failure. Invalid audience.' }
  if (Number(exp) * 1000 <= world.now().getTime())
    return { refused: 'Lifetime validation failed, the token is expired.' }
  if (Number(madeAt) <= world.tokensRevokedAt) return { refused: 'The token has been revoked.' }
  const tenant = world.tenants.get(String(tid))
  if (!tenant) return { refused: 'The tenant of the token is gone.' }
  return { token: { tenant, roles: roles as string[] } }
}

function wrongCredential(
  world: World,
  application: Application,
  tenant: Tenant,
  given: URLSearchParams,
  tokenUrl: string,
): [code: number, sentence: string] | null {
  const secret = given.get('client_secret')
  const assertion = given.get('client_assertion')
  if (secret !== null && assertion !== null)
    return [90023, 'A client secret and a client assertion were both presented.']
  if (secret !== null) return wrongSecret(world, application, secret)
  if (assertion !== null) {
    if (given.get('client_assertion_type') !== ASSERTION_TYPE)
      return [50027, `The client assertion type must be '${ASSERTION_TYPE}'.`]
    return wrongAssertion(world, application, tenant, assertion, tokenUrl)
  }
  return [
    7000216,
    "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
  ]
}

function wrongSecret(world: World, application: Application, secret: string): [number, string] | null {
  const known = application.secrets.find(({ value }) => equal(value, secret))
  if (!known)
    return [
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${application.id}'.`,
    ]
  if (known.expiresAt <= world.now())
    return [7000222, `The provided client secret keys for app '${application.id}' are expired.`]
  return null
}

/** RFC 7523 as Entra applies it: the certificate is named by its thumbprint in the header. */
function wrongAssertion(
  world: World,
  application: Application,
  tenant: Tenant,
  assertion: string,
  tokenUrl: string,
): [number, string] | null {
  const parts = jwt(assertion)
  if (parts === null) return [50027, 'JWT token is invalid or malformed.']
  const { header, claims, signed, signature } = parts
  const named = application.certificates.map((pem) => new X509Certificate(pem)).find((each) => isNamed(header, each))
  if (!named)
    return [
      700027,
      'Client assertion failed signature validation. The key was not found: no certificate of the application has the thumbprint in the header.',
    ]
  const padding = header.alg === 'PS256' ? { padding: 6, saltLength: 32 } : {}
  if (header.alg !== 'RS256' && header.alg !== 'PS256')
    return [700027, `The algorithm '${header.alg}' is not supported.`]
  const key = createPublicKey(named.publicKey.export({ type: 'spki', format: 'pem' }))
  if (!verify('sha256', Buffer.from(signed), { key, ...padding }, signature))
    return [700027, 'Client assertion failed signature validation.']
  const now = world.now().getTime() / 1000
  const { aud, iss, sub, exp, nbf, jti } = claims
  if (new Date(named.validTo) <= world.now())
    return [1000502, 'The provided certificate is not within its specified validity window.']
  if (iss !== application.id || sub !== application.id)
    return [700021, "Client assertion application identifier does not match 'client_id' parameter."]
  const audiences = [tokenUrl, tokenUrl.replace(/\/[^/]+\/oauth2\/v2\.0\/token$/, `/${tenant.id}/oauth2/v2.0/token`)]
  if (!audiences.includes(String(aud)))
    return [700023, `Client assertion audience claim does not match Realm issuer. Expected '${tokenUrl}'.`]
  if (typeof exp !== 'number' || exp <= now || exp > now + ASSERTION_SECONDS + CLOCK_SKEW_SECONDS)
    return [700024, 'Client assertion is not within its valid time range.']
  if (nbf !== undefined && (typeof nbf !== 'number' || nbf > now + CLOCK_SKEW_SECONDS))
    return [700024, 'Client assertion is not within its valid time range.']
  if (typeof jti !== 'string' || jti === '') return [50027, "JWT token is invalid or malformed: 'jti' is missing."]
  if (application.assertions.has(jti)) return [50027, 'The client assertion has been used before.']
  application.assertions.add(jti)
  return null
}

function isNamed(header: Record<string, unknown>, certificate: X509Certificate): boolean {
  const by = (hash: string) => createHash(hash).update(certificate.raw).digest('base64url')
  if (header['x5t#S256'] !== undefined) return header['x5t#S256'] === by('sha256')
  return header.x5t === by('sha1')
}

export function entraError(world: World, status: number, error: string, code: number, sentence: string): Answer {
  const [trace_id, correlation_id] = [randomUUID(), randomUUID()]
  const timestamp = `${world.now().toISOString().slice(0, 19).replace('T', ' ')}Z`
  const ids = `Trace ID: ${trace_id} Correlation ID: ${correlation_id} Timestamp: ${timestamp}`
  return json(status, {
    error,
    error_description: `AADSTS${code}: ${sentence} ${ids}`,
    error_codes: [code],
    timestamp,
    trace_id,
    correlation_id,
    error_uri: `https://login.microsoftonline.com/error?code=${code}`,
  })
}

function jwt(token: string) {
  const parts = token.split('.')
  const [header = '', claims = '', signature = ''] = parts
  if (parts.length !== 3) return null
  try {
    return {
      header: JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>,
      claims: JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>,
      signed: `${header}.${claims}`,
      signature: Buffer.from(signature, 'base64url'),
    }
  } catch {
    return null
  }
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
