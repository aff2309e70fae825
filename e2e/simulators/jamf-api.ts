/** Jamf Pro's API as far as we call it: tokens, inventory, look-ups, groups; each call by token and privilege alone. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Answer, failure, page } from './jamf-answers'
import { type FaultPlan, type Hop, perform } from './jamf-faults'
import { JamfRoutes, type Route } from './jamf-routes'
import type { ApiClient, JamfState } from './jamf-state'
import { xmlOf } from './jamf-xml'

export interface ApiCall {
  hop: Hop | 'unknown'
  method: string
  path: string
  query: string
  /** 0 when it was left without an answer. */
  status: number
  clientId: string | null
  fault: string | null
}

const IS_API = /^\/(api|JSSResource|uapi)\//

export class JamfApi {
  readonly calls: ApiCall[] = []
  /** How many calls there were at one time. */
  mostAtOnce = 0
  private running = 0
  private readonly routes: readonly [RegExp, Route][]

  constructor(
    private readonly state: JamfState,
    private readonly faults: FaultPlan,
  ) {
    this.routes = new JamfRoutes(state).table
  }

  /** False when the path is none of the API's. */
  async handle(request: IncomingMessage, url: URL, body: Buffer, response: ServerResponse): Promise<boolean> {
    if (!IS_API.test(url.pathname)) return false
    this.running += 1
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running)
    response.on('close', () => {
      this.running -= 1
    })
    const isToken = /^\/api\/(v1\/)?oauth\/token$/.test(url.pathname)
    const [pattern, route] = this.routes.find(([each]) => each.test(url.pathname)) ?? []
    const match = pattern?.exec(url.pathname) ?? null
    const call: ApiCall = {
      hop: isToken ? 'token' : (route?.hop ?? 'unknown'),
      ...{ method: request.method ?? '', path: url.pathname, query: url.search, status: 0 },
      clientId: this.clientOf(request)?.clientId ?? null,
      fault: null,
    }
    this.calls.push(call)
    const fault = call.hop === 'unknown' ? null : this.faults.take(call.hop)
    call.fault = fault === null ? null : typeof fault === 'string' ? fault : JSON.stringify(fault)
    if (fault === 'unauthorised') this.state.forgetTokens()
    if (typeof fault === 'string') {
      call.status = perform(fault, response)
      return true
    }
    if (fault !== null && 'slowMs' in fault) await new Promise((resolve) => setTimeout(resolve, fault.slowMs))
    const share = fault !== null && 'share' in fault ? fault.share : 1
    try {
      const result = isToken ? this.token(request, body) : this.routed(request, url, match, route, share)
      const { text, type } = rendered(request, url, result)
      call.status = 200
      response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text)
    } catch (error) {
      if (!(error instanceof Answer)) throw error
      call.status = error.status
      response.writeHead(error.status, error.headers).end(error.body)
    }
    return true
  }

  private token(request: IncomingMessage, body: Buffer): object {
    if (request.method !== 'POST') throw failure(405, 'METHOD_NOT_ALLOWED', 'Method not allowed')
    const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
    if (type !== 'application/x-www-form-urlencoded') throw failure(415, 'UNSUPPORTED_MEDIA_TYPE', 'Form expected')
    const form = new URLSearchParams(body.toString('utf8'))
    const oauth = (status: number, error: string) => new Answer(status, JSON.stringify({ error }))
    if (form.get('grant_type') !== 'client_credentials') throw oauth(400, 'unsupported_grant_type')
    const client = this.state.clients.get(form.get('client_id') ?? '')
    if (client === undefined || !client.enabled || form.get('client_secret') !== client.secret)
      throw oauth(401, 'invalid_client')
    return {
      access_token: this.state.issueToken(client),
      scope: `api-role:${client.role}`,
      token_type: 'Bearer',
      expires_in: Math.max(0, client.tokenSeconds - 1),
    }
  }

  private clientOf(request: IncomingMessage): ApiClient | null {
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
    return token === undefined ? null : this.state.clientOf(token)
  }

  private routed(
    request: IncomingMessage,
    url: URL,
    match: RegExpExecArray | null,
    route: Route | undefined,
    share: number,
  ): unknown {
    const classic = url.pathname.startsWith('/JSSResource/')
    const client = this.clientOf(request)
    if (client === null) throw classic ? page(401, 'Unauthorized') : failure(401, 'INVALID_TOKEN', 'Unauthorized')
    if (route === undefined || match === null)
      throw classic ? page(404, 'Not Found') : failure(404, 'NOT_FOUND', 'Not Found')
    if (request.method !== 'GET') throw failure(405, 'METHOD_NOT_ALLOWED', 'Method not allowed')
    if (route.privilege !== null && !client.privileges.has(route.privilege))
      throw classic ? page(403, 'Forbidden') : failure(403, 'INVALID_PRIVILEGE', 'Forbidden')
    return route.answer({ url, match, share })
  }
}

/** The Classic API speaks XML unless JSON alone is asked for. */
function rendered(request: IncomingMessage, url: URL, result: unknown): { text: string; type: string } {
  if (url.pathname.startsWith('/JSSResource/') && !request.headers.accept?.startsWith('application/json'))
    return { text: xmlOf(result as object), type: 'application/xml;charset=UTF-8' }
  return { text: JSON.stringify(result), type: 'application/json' }
}
