/** Which request is for which part of the simulator, and what all requests to that part must look like. */
import type { IncomingMessage } from 'node:http'
import type { RecordedRequest } from './intune'
import { type Answer, html, serviceError, wrongActivityId } from './intune-answer'
import { answerTokenRequest, GRAPH_AUDIENCE, INTUNE_AUDIENCE, verifyToken } from './intune-entra'
import { type Hop, throttled } from './intune-faults'
import { answerDiscovery } from './intune-graph'
import { answerCaRequest, PKI_API_VERSION } from './intune-pki-connector'
import { answerScepAction, SCEP_API_VERSION } from './intune-scep-actions'
import type { World } from './intune-world'

export interface Asked {
  request: IncomingMessage
  url: URL
  body: string
}

export interface Route {
  /** Null for what leads nowhere. */
  hop: Hop | null
  run(): Answer | Promise<Answer>
}

interface RouteParts {
  world: World
  requests: readonly RecordedRequest[]
  authorityUrl(): string
  graphUrl(): string
  serviceUrl(): string
}

const SCEP_SERVICE = 'StatelessScepRequestValidationService'
const PKI_SERVICE = 'StatelessPkiConnectorService'
const SCEP_HOPS: Record<string, Hop> = {
  validateRequest: 'validate',
  successNotification: 'success',
  failureNotification: 'failure',
}
const PKI_HOPS: Record<string, Hop> = {
  downloadRevocationRequests: 'rev-download',
  uploadRevocationResults: 'rev-upload',
}
const MINUTE = 60_000

export function intuneRoutes({ world, requests, authorityUrl, graphUrl, serviceUrl }: RouteParts) {
  const activities = new Set<string>()

  return { authority, graph, service }

  function authority({ request, url, body }: Asked): Route {
    const [, name, rest] = /^\/([^/]+)(\/oauth2\/v2\.0\/token)$/.exec(url.pathname) ?? []
    if (name === undefined || rest === undefined || url.search !== '') return nowhere()
    const hop = (new URLSearchParams(body).get('scope') ?? '').includes('graph') ? 'token-graph' : 'token-intune'
    return {
      hop,
      run() {
        if (request.method !== 'POST') return serviceError(405, 'MethodNotAllowed', 'Tokens are asked for by POST.')
        const contentType = request.headers['content-type'] ?? ''
        const tokenUrl = `${authorityUrl()}${url.pathname}`
        return answerTokenRequest(world, { tenant: decodeURIComponent(name), tokenUrl, contentType, body })
      },
    }
  }

  function graph({ request, url }: Asked): Route {
    const [, id] = /^\/v1\.0\/servicePrincipals\/appId=([^/]+)\/endpoints$/.exec(url.pathname) ?? []
    if (id === undefined) return nowhere()
    return {
      hop: 'graph-discovery',
      run() {
        if (request.method !== 'GET') return serviceError(405, 'MethodNotAllowed', 'Endpoints are read by GET.')
        const verdict = verifyToken(world, request.headers.authorization, GRAPH_AUDIENCE)
        if ('refused' in verdict) return serviceError(401, 'InvalidAuthenticationToken', verdict.refused)
        const wrong = wrongActivityId(activities, header(request, 'client-request-id'))
        if (wrong) return serviceError(400, 'BadRequest', wrong)
        return answerDiscovery(world, verdict.token, {
          id,
          url,
          graphUrl: graphUrl(),
          serviceUrl: serviceUrl(),
        })
      },
    }
  }

  function service({ request, url, body }: Asked): Route {
    const pattern = /^\/fef\/gen(\d+)\/RACerts\/([^/]+)\/(ScepActions|CertificateAuthorityRequests)\/([^/]+)$/
    const [, generation, named, collection, action = ''] = pattern.exec(url.pathname) ?? []
    const scep = named === SCEP_SERVICE && collection === 'ScepActions'
    const pki = named === PKI_SERVICE && collection === 'CertificateAuthorityRequests'
    const hop = (scep ? SCEP_HOPS : pki ? PKI_HOPS : {})[action]
    if (hop === undefined || url.search !== '') return nowhere()
    return {
      hop,
      async run() {
        if (Number(generation) !== world.generation) return html(404, 'Not Found')
        const limit = world.switches.mostPerMinute
        const since = world.now().getTime() - MINUTE
        const recent = requests.filter((each) => each.hop === hop && each.at.getTime() > since).length
        if (limit !== null && recent > limit) return throttled(5)
        const verdict = verifyToken(world, request.headers.authorization, INTUNE_AUDIENCE)
        if ('refused' in verdict) return serviceError(401, 'Unauthorized', verdict.refused)
        if (!verdict.token.roles.includes('scep_challenge_provider'))
          return serviceError(403, 'Forbidden', 'The role scep_challenge_provider is missing in the token.')
        const wrong = wrongForm(request, scep ? SCEP_API_VERSION : PKI_API_VERSION)
        if (wrong) return wrong
        const parsed = parsedJson(body)
        if (parsed === undefined) return serviceError(400, 'BadRequest', 'The body is no JSON.')
        const caller = verdict.token.tenant
        return scep ? answerScepAction(world, caller, action, parsed) : answerCaRequest(world, caller, action, parsed)
      },
    }
  }

  function wrongForm(request: IncomingMessage, apiVersion: string): Answer | null {
    if (request.method !== 'POST') return serviceError(405, 'MethodNotAllowed', 'Actions are run by POST.')
    if (header(request, 'api-version') !== apiVersion)
      return serviceError(400, 'UnsupportedApiVersion', `The header api-version must be ${apiVersion}.`)
    if (!/^application\/json(; ?charset=utf-8)?$/i.test(header(request, 'content-type') ?? ''))
      return serviceError(415, 'UnsupportedMediaType', 'The body must be application/json.')
    const wrong = wrongActivityId(activities, header(request, 'client-request-id'))
    return wrong === null ? null : serviceError(400, 'BadRequest', wrong)
  }
}

function nowhere(): Route {
  return { hop: null, run: () => html(404, 'Not Found') }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/** Undefined for what is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
