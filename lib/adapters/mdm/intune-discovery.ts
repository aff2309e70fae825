/** Where this tenant's Intune services are (intune.md §4): asked of Graph, kept, and asked again when they have moved. */
import { type IntuneSettings, intuneSettings } from '@/lib/services/intune-settings'
import type { Unsaid } from '@/lib/services/intune-types'
import type { MdmConnector, MdmConnectorRows } from '@/lib/services/mdm-connector-types'
import { objectOf } from '@/lib/services/validator-verdict'
import { type Exchange, failed, isOk, isWorthARetry, okJson, type Reply, shortText, unsaid } from './intune-exchange'
import type { IntuneTokens, TokenAnswer } from './intune-tokens'

/** Intune's own application, the same in every tenant. */
const INTUNE_APPLICATION = '0000000a-0000-0000-c000-000000000000'
export const SCEP_SERVICE = 'ScepRequestValidationFEService'
export const PKI_SERVICE = 'PkiConnectorFEService'

/** Lower-case name of the service → its address. */
export type ServiceMap = { readonly [name: string]: string }

export interface DiscoveryRequest {
  connector: MdmConnector
  enrolmentTransactionId: string | null
  deadline: number
}

export type Discovered = { said: true; services: ServiceMap } | (Unsaid & { status: number | null })

export interface IntuneDiscovery {
  /** Null for a service that is not on the list, or that is where no token may be sent. */
  find(request: DiscoveryRequest, service: string): Promise<{ said: true; uri: string } | Unsaid>
  /** The service was not where the list says: the next find() asks Graph. */
  forget(connector: MdmConnector): void
  /** Asks Graph with this token, whatever is known; what it says is kept. */
  ask(request: DiscoveryRequest, token: string): Promise<Discovered>
}

export interface DiscoveryOptions {
  exchange: Exchange
  tokens: IntuneTokens
  rows: Pick<MdmConnectorRows, 'learn'>
  clock(): Date
  monotonic(): number
  pause(milliseconds: number): Promise<void>
}

interface Kept {
  services: ServiceMap
  until: number
}

const KEPT_MS = 30 * 60_000
/** While Graph is silent, what was known goes on being used, and Graph is asked this often. */
const STALE_MS = 60_000
const RETRY_AFTER_MS = 500
const MOST_PAGES = 5

export function createIntuneDiscovery(options: DiscoveryOptions): IntuneDiscovery {
  const { exchange, tokens, rows, clock, monotonic, pause } = options
  const kept = new Map<string, Kept>()
  const forgotten = new Set<string>()
  const asking = new Map<string, Promise<Discovered>>()

  return { find, forget, ask }

  async function find(request: DiscoveryRequest, service: string): Promise<{ said: true; uri: string } | Unsaid> {
    const { connector } = request
    const key = keyOf(connector)
    const known = kept.get(key)
    if (known !== undefined && known.until > monotonic()) return addressIn(known.services, service, connector)
    const stored = storedServices(connector)
    const isFresh = stored !== null && clock().getTime() - stored.at.getTime() < KEPT_MS && !forgotten.has(key)
    if (isFresh) {
      kept.set(key, {
        services: stored.services,
        until: monotonic() + KEPT_MS - (clock().getTime() - stored.at.getTime()),
      })
      return addressIn(stored.services, service, connector)
    }
    const discovered = await discover(key, request)
    if (discovered.said) return addressIn(discovered.services, service, connector)
    // Graph is away: where the services were is the best guess of where they are.
    const last = known?.services ?? stored?.services
    if (last === undefined) return discovered
    kept.set(key, { services: last, until: monotonic() + STALE_MS })
    return addressIn(last, service, connector)
  }

  function forget(connector: MdmConnector): void {
    const key = keyOf(connector)
    forgotten.add(key)
    const known = kept.get(key)
    if (known !== undefined) kept.set(key, { ...known, until: 0 })
  }

  /** Once for all who ask at the same time. */
  function discover(key: string, request: DiscoveryRequest): Promise<Discovered> {
    const running =
      asking.get(key) ??
      discoverNow(request).finally(() => {
        asking.delete(key)
      })
    asking.set(key, running)
    return running
  }

  async function discoverNow(request: DiscoveryRequest): Promise<Discovered> {
    const first = await tokens.token({ ...request, scope: 'graph' })
    if (!first.said) return silent(first)
    const discovered = await ask(request, first.token)
    if (discovered.said || discovered.status !== 401) return discovered
    tokens.drop(request.connector, 'graph', first.token)
    const second = await tokens.token({ ...request, scope: 'graph' })
    return second.said ? ask(request, second.token) : silent(second)
  }

  async function ask(request: DiscoveryRequest, token: string): Promise<Discovered> {
    const { connector } = request
    const { graphUrl } = intuneSettings(connector.settings)
    const services: { [name: string]: string } = {}
    let url: string | null = `${graphUrl}v1.0/servicePrincipals/appId=${INTUNE_APPLICATION}/endpoints`
    for (let page = 1; url !== null && page <= MOST_PAGES; page++) {
      const reply = await readPage(request, url, token)
      const list = listOf(reply)
      if (list === null)
        return {
          ...unsaid('Microsoft Graph, asked where Intune is,', reply),
          status: reply.answered ? reply.status : null,
        }
      for (const [name, uri] of list.entries) services[name] ??= uri
      url = list.next !== null && sameOrigin(list.next, graphUrl) ? list.next : null
    }
    await remember(connector, services)
    return { said: true, services }
  }

  async function readPage(request: DiscoveryRequest, url: string, token: string): Promise<Reply> {
    const { allowedHosts } = intuneSettings(request.connector.settings)
    const once = (attempt: number) =>
      exchange(
        {
          ...request,
          operation: 'discovery',
          method: 'GET',
          url,
          headers: { authorization: `Bearer ${token}` },
          body: new Uint8Array(0),
          allowedHosts,
          attempt,
        },
        (reply) => {
          if (listOf(reply) !== null) return { outcome: 'success', code: null, detail: null }
          if (!reply.answered || (reply.status !== 401 && reply.status !== 403)) return failed(reply)
          const error = objectOf(reply.json?.error)
          return {
            outcome: 'refused',
            code: `HTTP ${reply.status}`,
            detail: [error?.code, error?.message].map(shortText).filter(Boolean).join(': ') || null,
          }
        },
      )
    const first = await once(1)
    if (isOk(first) || !isWorthARetry(first) || request.deadline - monotonic() < 2 * RETRY_AFTER_MS) return first
    await pause(RETRY_AFTER_MS)
    return once(2)
  }

  async function remember(connector: MdmConnector, services: ServiceMap): Promise<void> {
    const key = keyOf(connector)
    kept.set(key, { services, until: monotonic() + KEPT_MS })
    forgotten.delete(key)
    // A list without services is what a missing permission looks like: the last good one is worth more.
    if (Object.keys(services).length === 0) return
    await rows.learn(connector.id, { services: { key, at: clock().toISOString(), map: { ...services } } })
  }
}

/** What is kept of the list is kept as JSON, which a U+0000 alone makes unusable. */
const PLAIN = /^[\x20-\x7e]{1,2000}$/

/** First entry of a name wins. `serviceName` is how an older list spelt it. */
function listOf(reply: Reply): { entries: [string, string][]; next: string | null } | null {
  const json = okJson(reply)
  if (json === null || !Array.isArray(json.value)) return null
  const entries = json.value.flatMap((each): [string, string][] => {
    const entry = objectOf(each)
    const name = entry?.providerName ?? entry?.serviceName
    const uri = entry?.uri
    if (typeof name !== 'string' || typeof uri !== 'string' || !PLAIN.test(name) || !PLAIN.test(uri)) return []
    return [[name.toLowerCase(), uri.replace(/\/+$/, '')]]
  })
  const next = json['@odata.nextLink']
  return { entries, next: typeof next === 'string' ? next : null }
}

function addressIn(
  services: ServiceMap,
  service: string,
  connector: MdmConnector,
): { said: true; uri: string } | Unsaid {
  const uri = services[service.toLowerCase()]
  if (uri === undefined) {
    const detail = `Intune's list of services has no ${service}: the Intune permission or its admin consent is missing, or the tenant has no Intune licence.`
    return { said: false, fault: 'no_service', detail }
  }
  const fault = mayReceiveToken(uri, intuneSettings(connector.settings))
  return fault === null ? { said: true, uri } : { said: false, fault: 'url_refused', detail: fault }
}

/** The token is sent there. Plain http:// only where the host is named itself; whether it is used, the deployment says. */
export function mayReceiveToken(uri: string, { serviceHosts }: Pick<IntuneSettings, 'serviceHosts'>): string | null {
  const url = URL.parse(uri)
  if (url === null || url.username !== '' || url.password !== '')
    return 'The list of services holds an unusable address.'
  const host = url.hostname.toLowerCase()
  const isNamed = (pattern: string) => pattern === host || pattern === url.host
  const isBelow = (pattern: string) => pattern.startsWith('*.') && host.endsWith(pattern.slice(1).replace(/:\d+$/, ''))
  if (url.protocol === 'https:' && serviceHosts.some((each) => isNamed(each) || isBelow(each))) return null
  if (url.protocol === 'http:' && serviceHosts.some(isNamed)) return null
  return url.protocol === 'https:' || url.protocol === 'http:'
    ? `The list of services leads to ${url.protocol}//${url.host}, which the connector does not allow (service hosts).`
    : 'The list of services holds an address that is not https://.'
}

function storedServices(connector: MdmConnector): { at: Date; services: ServiceMap } | null {
  const stored = objectOf(objectOf(connector.state)?.services)
  const map = objectOf(stored?.map)
  const at = new Date(typeof stored?.at === 'string' ? stored.at : Number.NaN)
  if (map === null || Number.isNaN(at.getTime()) || stored?.key !== keyOf(connector)) return null
  const services = Object.entries(map).filter((each): each is [string, string] => typeof each[1] === 'string')
  return { at, services: Object.fromEntries(services) }
}

/** Another tenant has other services. */
function keyOf({ id, settings }: MdmConnector): string {
  const { tenant, graphUrl, authorityUrl, applicationId } = intuneSettings(settings)
  return [id, authorityUrl, tenant, applicationId, graphUrl].join(' ')
}

function sameOrigin(next: string, base: string): boolean {
  return URL.parse(next)?.origin === URL.parse(base)?.origin
}

function silent({ fault, detail }: Extract<TokenAnswer, { said: false }>): Unsaid & { status: null } {
  return { said: false, fault, detail, status: null }
}
