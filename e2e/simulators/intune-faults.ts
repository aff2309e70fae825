/** Faults at every hop: how the other side, or the way to it, can fail. */
import { type Answer, html, json, serviceError } from './intune-answer'
import { entraError } from './intune-entra'
import type { World } from './intune-world'

export const HOPS = [
  'token-graph',
  'graph-discovery',
  'token-intune',
  'validate',
  'success',
  'failure',
  'rev-download',
  'rev-upload',
] as const
export type Hop = (typeof HOPS)[number]

/** What every hop can do. */
export const MODES = [
  'timeout',
  'reset',
  'refused',
  'http400-invalid-client',
  'http401',
  'http403',
  'http404',
  'http429',
  'http500',
  'http500-html',
  'http503',
  'malformed-json',
  'empty-body',
  'missing-code',
  'accepted-but-no-answer',
] as const
export type Mode =
  | (typeof MODES)[number]
  | `code:${string}`
  | `slow:${number}`
  /** Of rev-upload alone. */
  | 'value-false'
  | 'value-string-true'

export interface Fault {
  hop: Hop
  mode: Mode
  /** How many requests it strikes; `refused` lasts until it is lifted, because nobody counts calls to a closed port. */
  times: number
  /** How many it lets pass before. */
  afterN: number
  /** Seconds of Retry-After, for those that have one. */
  param: number
}

/** What becomes of a request that a fault strikes. */
export type Struck =
  | { kind: 'answer'; answer: Answer }
  | { kind: 'hold' }
  | { kind: 'reset' }
  /** The request is served, and the answer is late, lost or changed. */
  | { kind: 'served'; afterMs: number; lost: boolean; change?: (answer: Answer) => Answer }

export class Faults {
  private list: Fault[] = []

  add(fault: { hop: Hop; mode: Mode } & Partial<Fault>): Fault {
    const whole = { times: 1, afterN: 0, param: 1, ...fault }
    if (!HOPS.includes(whole.hop)) throw new Error(`There is no hop ${whole.hop}.`)
    if (!isMode(whole.mode)) throw new Error(`There is no mode ${whole.mode}.`)
    this.list.push(whole)
    return whole
  }

  clear(): void {
    this.list = []
  }

  get all(): readonly Fault[] {
    return this.list
  }

  /** The fault that strikes this request of the hop, which is then used up by one. */
  take(hop: Hop): Fault | null {
    const fault = this.list.find((each) => each.hop === hop && each.mode !== 'refused')
    if (!fault) return null
    if (fault.afterN > 0) {
      fault.afterN -= 1
      return null
    }
    fault.times -= 1
    if (fault.times <= 0) this.list = this.list.filter((each) => each !== fault)
    return fault
  }
}

export function struck(world: World, { hop, mode, param }: Fault): Struck {
  const answer = (given: Answer): Struck => ({ kind: 'answer', answer: given })
  const token = hop.startsWith('token-')
  if (mode.startsWith('code:')) return answer(json(200, { code: mode.slice(5), errorDescription: 'As injected.' }))
  if (mode.startsWith('slow:')) return { kind: 'served', afterMs: Number(mode.slice(5)), lost: false }
  switch (mode) {
    case 'timeout':
      return { kind: 'hold' }
    case 'reset':
      return { kind: 'reset' }
    case 'accepted-but-no-answer':
      return { kind: 'served', afterMs: 0, lost: true }
    case 'http400-invalid-client':
      return answer(entraError(world, 400, 'invalid_client', 7000215, 'Invalid client secret provided.'))
    case 'http401':
      return answer(
        token
          ? entraError(world, 401, 'invalid_client', 7000215, 'Invalid client secret provided.')
          : serviceError(401, 'InvalidAuthenticationToken', 'Access token validation failure.'),
      )
    case 'http403':
      return answer(
        serviceError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.'),
      )
    case 'http404':
      return answer(serviceError(404, 'ResourceNotFound', 'The resource was not found.'))
    case 'http429':
      return answer(throttled(param))
    case 'http500':
      return answer(serviceError(500, 'InternalServerError', 'An internal error occurred.'))
    case 'http500-html':
      return answer(html(500, 'Server Error'))
    case 'http503': {
      const busy = serviceError(503, 'ServiceUnavailable', 'The service is unavailable.')
      return answer({ ...busy, headers: { ...busy.headers, 'retry-after': String(param) } })
    }
    case 'malformed-json':
      return answer({ status: 200, headers: { 'content-type': 'application/json' }, body: '{"code":"Succ' })
    case 'empty-body':
      return answer({ status: 200, headers: { 'content-type': 'application/json' }, body: '' })
    case 'missing-code':
      return answer(json(200, { '@odata.context': 'https://manage.microsoft.com/$metadata' }))
    case 'value-false':
      return answer(json(200, { value: false }))
    case 'value-string-true':
      return { kind: 'served', afterMs: 0, lost: false, change: (given) => ({ ...given, body: '{"value":"true"}' }) }
    default:
      throw new Error(`The mode ${mode} strikes no request.`)
  }
}

export function throttled(retryAfterSeconds: number): Answer {
  const refused = serviceError(429, 'TooManyRequests', 'Too many requests.')
  return { ...refused, headers: { ...refused.headers, 'retry-after': String(retryAfterSeconds) } }
}

function isMode(mode: string): mode is Mode {
  return (
    MODES.some((known) => known === mode) ||
    mode === 'value-false' ||
    mode === 'value-string-true' ||
    /^code:.+$/.test(mode) ||
    /^slow:\d+$/.test(mode)
  )
}
