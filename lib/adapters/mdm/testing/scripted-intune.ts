/** Entra, Graph and Intune as one Outbound: every hop answers as it should, unless a test scripts another answer for it. */
import type { Json } from '@/lib/services/audit'
import type { IntuneSettings } from '@/lib/services/intune-settings'
import { INTUNE_DEFAULTS } from '@/lib/services/intune-settings'
import type { Outbound, OutboundAnswer, OutboundRequest } from '@/lib/services/outbound'

export type Hop =
  | 'token-graph'
  | 'discovery'
  | 'token-intune'
  | 'validate'
  | 'success'
  | 'failure'
  | 'rev-download'
  | 'rev-upload'

/** An HTTP answer, a fault before one, or a function that also looks at the request. */
export type Scripted =
  | { status: number; json?: unknown; text?: string; retryAfterSeconds?: number }
  | { fault: Extract<OutboundAnswer, { answered: false }>['fault'] }
  | (() => Promise<void>)

export interface Received extends OutboundRequest {
  hop: Hop
  json: { [key: string]: Json } | null
  form: URLSearchParams | null
}

export interface ScriptedIntune extends Outbound {
  received: Received[]
  hops(): Hop[]
  /** Answers for the next requests of a hop, in order; then it is as it should be again. */
  script(hop: Hop, ...answers: Scripted[]): void
  /** What it hands out to whoever fetches requests to revoke, a page for each request; then nothing. */
  revocations: { [key: string]: Json }[][]
  uploaded: { [key: string]: Json }[]
  /** Where discovery says that the services are. */
  base: string
  reset(): void
}

export const TENANT_SETTINGS: IntuneSettings = {
  ...INTUNE_DEFAULTS,
  tenant: 'contoso.example',
  applicationId: '11111111-2222-3333-4444-555555555555',
}

export function scriptedIntune(): ScriptedIntune {
  const scripts = new Map<Hop, Scripted[]>()
  let tokens = 0
  const intune: ScriptedIntune = {
    received: [],
    revocations: [],
    uploaded: [],
    base: 'https://fef.unit.manage.microsoft.com/RACerts',
    hops: () => intune.received.map(({ hop }) => hop),
    script(hop, ...answers) {
      scripts.set(hop, [...(scripts.get(hop) ?? []), ...answers])
    },
    reset() {
      scripts.clear()
      tokens = 0
      intune.received.length = 0
      intune.revocations.length = 0
      intune.uploaded.length = 0
      intune.base = 'https://fef.unit.manage.microsoft.com/RACerts'
    },
    async send(request) {
      const hop = hopOf(request)
      const text = Buffer.from(request.body).toString('utf8')
      const isForm = request.headers['content-type']?.includes('form') === true
      const json = request.method === 'POST' && !isForm ? JSON.parse(text) : null
      const form = isForm ? new URLSearchParams(text) : null
      intune.received.push({ ...request, hop, json, form })
      const scripted = scripts.get(hop)?.shift()
      if (typeof scripted === 'function') await scripted()
      else if (scripted !== undefined && 'fault' in scripted)
        return { answered: false, fault: scripted.fault, detail: `scripted ${scripted.fault}` }
      else if (scripted !== undefined) return answer(scripted)
      return answer({ status: 200, json: usual(hop, json) })
    },
  }
  return intune

  function usual(hop: Hop, json: { [key: string]: Json } | null): unknown {
    switch (hop) {
      case 'token-graph':
      case 'token-intune':
        tokens += 1
        return { token_type: 'Bearer', expires_in: 3599, access_token: `SECRET-TOKEN-${hop}-${tokens}` }
      case 'discovery':
        return {
          value: [
            { providerName: 'Other', uri: 'https://other.example/' },
            {
              providerName: 'ScepRequestValidationFEService',
              uri: `${intune.base}/StatelessScepRequestValidationService/`,
            },
            { serviceName: 'PkiConnectorFEService', uri: `${intune.base}/StatelessPkiConnectorService` },
          ],
        }
      case 'validate':
      case 'success':
      case 'failure':
        return { '@odata.context': 'x', code: 'Success', errorDescription: '' }
      case 'rev-download':
        return { value: intune.revocations.shift() ?? [] }
      case 'rev-upload':
        intune.uploaded.push(...((json?.results ?? []) as { [key: string]: Json }[]))
        return { value: true }
    }
  }
}

function answer({ status, json, text, retryAfterSeconds }: Extract<Scripted, { status: number }>): OutboundAnswer {
  const body = Buffer.from(text ?? JSON.stringify(json ?? {}), 'utf8')
  return {
    answered: true,
    status,
    body,
    address: '192.0.2.1',
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  }
}

function hopOf({ url, body }: OutboundRequest): Hop {
  const { pathname } = new URL(url)
  if (pathname.endsWith('/oauth2/v2.0/token'))
    return Buffer.from(body).toString('utf8').includes('graph') ? 'token-graph' : 'token-intune'
  const hops: [string, Hop][] = [
    ['/endpoints', 'discovery'],
    ['/ScepActions/validateRequest', 'validate'],
    ['/ScepActions/successNotification', 'success'],
    ['/ScepActions/failureNotification', 'failure'],
    ['/CertificateAuthorityRequests/downloadRevocationRequests', 'rev-download'],
    ['/CertificateAuthorityRequests/uploadRevocationResults', 'rev-upload'],
  ]
  const found = hops.find(([end]) => pathname.endsWith(end))
  if (found === undefined) throw new Error(`nothing is at ${url}`)
  return found[1]
}
