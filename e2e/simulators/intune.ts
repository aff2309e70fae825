/**
 * Microsoft's side of the third-party CA interface: Entra ID, discovery in Graph, ScepActions and PkiConnector. Strict:
 * what the real services might forgive is refused here, so that nothing depends on their forgiveness.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Answer, html, serviceError, wrongActivityId } from './intune-answer'
import { type IntuneControl, intuneControl } from './intune-control'
import { answerTokenRequest, GRAPH_AUDIENCE, INTUNE_AUDIENCE, verifyToken } from './intune-entra'
import { Faults, type Hop, struck, throttled } from './intune-faults'
import { answerDiscovery } from './intune-graph'
import { type KeptIntune, restore } from './intune-keeping'
import { type Listener, startListener } from './intune-listener'
import { answerCaRequest, PKI_API_VERSION } from './intune-pki-connector'
import { answerScepAction, SCEP_API_VERSION } from './intune-scep-actions'
import { newApplication, newTenant, newWorld, type Switches, type Tenant, type World } from './intune-world'

export interface IntuneOptions {
  switches?: Partial<Switches>
  /** Any free ones unless given. */
  ports?: Partial<IntunePorts>
  /** What it was the last time: the same again, at the same place where that is still free. */
  before?: KeptIntune
}

export type IntunePorts = KeptIntune['ports']

/** What came in, whatever became of it. */
export interface RecordedRequest {
  at: Date
  /** Null for what leads nowhere. */
  hop: Hop | null
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
  /** Null while it is held, and when the connection was cut. */
  status: number | null
  /** Of an answer that has one. */
  code: string | null
  fault: string | null
}

export interface IntuneSimulator extends IntuneControl {
  authorityUrl: string
  graphUrl: string
  controlUrl: string
  /** Where the services are at the moment. */
  serviceUrl(): string
  ports(): IntunePorts
  /** A tenant and an application in it, ready for use. */
  tenant: Tenant
  applicationId: string
  clientSecret: string
  world: World
  requests: RecordedRequest[]
  /** How often each hop was asked. */
  counts(): Partial<Record<Hop, number>>
  close(): Promise<void>
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
const YEAR = 365 * 86_400_000

/** A closed port meets whoever comes next, so it closes once the hop before has been answered. */
const HOP_BEFORE: Partial<Record<Hop, readonly Hop[]>> = {
  'token-intune': ['token-graph', 'graph-discovery'],
  success: ['validate'],
  failure: ['validate', 'success'],
  'rev-upload': ['rev-download'],
}

export async function startIntune(options: IntuneOptions = {}): Promise<IntuneSimulator> {
  const world = await newWorld(options.switches ?? {})
  const { before, ports = before?.ports } = options
  const tenant = await newTenant(world, before?.domain ?? 'contoso.example', before?.tenantId)
  if (before) restore(tenant, before)
  const credentials = before ? { id: before.applicationId, secret: before.clientSecret } : {}
  const application = newApplication(tenant, new Date(Date.now() + YEAR), credentials)
  const faults = new Faults()
  const requests: RecordedRequest[] = []
  const activities = new Set<string>()
  const listeners = {
    authority: await startListener(serve(routeAuthority), ports?.authority),
    graph: await startListener(serve(routeGraph), ports?.graph),
    service: await startListener(serve(routeService), ports?.service),
  }
  const control = intuneControl({ world, tenant, faults, requests, moveService, armRefusals, reopen })
  const controlListener = await startListener(control.handle, ports?.control)
  const serviceUrl = () => `${listeners.service.url}/fef/gen${world.generation}/RACerts`

  return {
    ...control.methods,
    authorityUrl: `${listeners.authority.url}/`,
    graphUrl: `${listeners.graph.url}/`,
    controlUrl: controlListener.url,
    serviceUrl,
    ports: () => ({
      authority: listeners.authority.port,
      graph: listeners.graph.port,
      service: listeners.service.port,
      control: controlListener.port,
    }),
    tenant,
    applicationId: application.id,
    clientSecret: application.secret,
    world,
    requests,
    counts() {
      const counts: Partial<Record<Hop, number>> = {}
      for (const { hop } of requests) if (hop) counts[hop] = (counts[hop] ?? 0) + 1
      return counts
    },
    async close() {
      await Promise.all([...Object.values(listeners), controlListener].map((listener) => listener.stop()))
    },
  }

  interface Asked {
    request: IncomingMessage
    url: URL
    body: string
  }
  interface Route {
    hop: Hop | null
    run(): Answer | Promise<Answer>
  }

  function serve(route: (asked: Asked) => Route): Parameters<typeof startListener>[0] {
    return async (request, response) => {
      const body = await text(request)
      const url = new URL(request.url ?? '/', 'http://simulator')
      const { hop, run } = route({ request, url, body })
      const record: RecordedRequest = {
        at: world.now(),
        hop,
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body,
        status: null,
        code: null,
        fault: null,
      }
      requests.push(record)
      const fault = hop && faults.take(hop)
      if (fault) record.fault = fault.mode
      await answer(fault ? struck(world, fault) : { kind: 'served', afterMs: 0, lost: false }, run, record, response)
      if (hop) closeAfter(hop)
    }
  }

  async function answer(
    what: ReturnType<typeof struck>,
    run: Route['run'],
    record: RecordedRequest,
    response: ServerResponse,
  ): Promise<void> {
    switch (what.kind) {
      case 'hold':
        return
      case 'reset':
        return void response.socket?.resetAndDestroy()
      case 'answer':
        return send(response, record, what.answer)
      case 'served': {
        const answered = await run()
        if (what.afterMs > 0) await new Promise((resolve) => setTimeout(resolve, what.afterMs).unref())
        if (what.lost) return void response.socket?.resetAndDestroy()
        return send(response, record, what.change?.(answered) ?? answered)
      }
    }
  }

  function routeAuthority({ request, url, body }: Asked): Route {
    const [, name, rest] = /^\/([^/]+)(\/oauth2\/v2\.0\/token)$/.exec(url.pathname) ?? []
    if (name === undefined || rest === undefined || url.search !== '') return nowhere()
    const hop = (new URLSearchParams(body).get('scope') ?? '').includes('graph') ? 'token-graph' : 'token-intune'
    return {
      hop,
      run() {
        if (request.method !== 'POST') return serviceError(405, 'MethodNotAllowed', 'Tokens are asked for by POST.')
        const contentType = request.headers['content-type'] ?? ''
        const tokenUrl = `${listeners.authority.url}${url.pathname}`
        return answerTokenRequest(world, { tenant: decodeURIComponent(name), tokenUrl, contentType, body })
      },
    }
  }

  function routeGraph({ request, url }: Asked): Route {
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
          graphUrl: listeners.graph.url,
          serviceUrl: serviceUrl(),
        })
      },
    }
  }

  function routeService({ request, url, body }: Asked): Route {
    const pattern = /^\/fef\/gen(\d+)\/RACerts\/([^/]+)\/(ScepActions|CertificateAuthorityRequests)\/([^/]+)$/
    const [, generation, service, collection, action = ''] = pattern.exec(url.pathname) ?? []
    const scep = service === SCEP_SERVICE && collection === 'ScepActions'
    const pki = service === PKI_SERVICE && collection === 'CertificateAuthorityRequests'
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

  async function moveService({ closePort = false } = {}): Promise<void> {
    world.generation += 1
    if (!closePort) return
    const old = listeners.service
    listeners.service = await startListener(serve(routeService))
    await old.stop()
  }

  function listenerOf(hop: Hop): Listener {
    if (hop.startsWith('token-')) return listeners.authority
    return hop === 'graph-discovery' ? listeners.graph : listeners.service
  }

  /** Those that need no other hop before them close at once. */
  async function armRefusals(): Promise<void> {
    for (const { hop, mode, afterN } of faults.all)
      if (mode === 'refused' && afterN === 0 && HOP_BEFORE[hop] === undefined) await listenerOf(hop).shut()
  }

  function closeAfter(answered: Hop): void {
    for (const fault of faults.all) {
      if (fault.mode !== 'refused') continue
      const passed = fault.hop === answered && fault.afterN > 0
      if (passed) fault.afterN -= 1
      const before = HOP_BEFORE[fault.hop]
      const now = before ? before.includes(answered) : passed
      if (now && fault.afterN === 0) void listenerOf(fault.hop).shut()
    }
  }

  async function reopen(): Promise<void> {
    for (const listener of Object.values(listeners)) await listener.open()
  }
}

function nowhere() {
  return { hop: null, run: () => html(404, 'Not Found') }
}

function send(response: ServerResponse, record: RecordedRequest, { status, headers, body }: Answer): void {
  record.status = status
  const parsed = parsedJson(body)
  if (typeof parsed === 'object' && parsed !== null && 'code' in parsed) record.code = String(parsed.code)
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
