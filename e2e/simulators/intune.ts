/**
 * Microsoft's side of the third-party CA interface: Entra ID, discovery in Graph, ScepActions and PkiConnector. Strict:
 * what the real services might forgive is refused here, so that nothing depends on their forgiveness.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Answer } from './intune-answer'
import { type IntuneControl, intuneControl } from './intune-control'
import { Faults, type Hop, struck } from './intune-faults'
import { type KeptIntune, restore } from './intune-keeping'
import { type Listener, startListener } from './intune-listener'
import { type Asked, intuneRoutes, parsedJson, type Route } from './intune-routes'
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
  /** What happens elsewhere while the next call of this hop is on its way. */
  duringNext(hop: Hop, act: () => Promise<void>): void
  /** How often each hop was asked. */
  counts(): Partial<Record<Hop, number>>
  close(): Promise<void>
}

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
  const acts = new Map<Hop, () => Promise<void>>()
  const routes = intuneRoutes({
    world,
    requests,
    authorityUrl: () => listeners.authority.url,
    graphUrl: () => listeners.graph.url,
    serviceUrl: () => serviceUrl(),
  })
  const listeners = {
    authority: await startListener(serve(routes.authority), ports?.authority),
    graph: await startListener(serve(routes.graph), ports?.graph),
    service: await startListener(serve(routes.service), ports?.service),
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
    duringNext: (hop, act) => void acts.set(hop, act),
    counts() {
      const counts: Partial<Record<Hop, number>> = {}
      for (const { hop } of requests) if (hop) counts[hop] = (counts[hop] ?? 0) + 1
      return counts
    },
    async close() {
      await Promise.all([...Object.values(listeners), controlListener].map((listener) => listener.stop()))
    },
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
      const act = hop && acts.get(hop)
      if (act) {
        acts.delete(hop)
        await act()
      }
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

  async function moveService({ closePort = false } = {}): Promise<void> {
    world.generation += 1
    if (!closePort) return
    const old = listeners.service
    listeners.service = await startListener(serve(routes.service))
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

function send(response: ServerResponse, record: RecordedRequest, { status, headers, body }: Answer): void {
  record.status = status
  const parsed = parsedJson(body)
  if (typeof parsed === 'object' && parsed !== null && 'code' in parsed) record.code = String(parsed.code)
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}
