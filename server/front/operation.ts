/** What operators' tools ask: is it alive, can it work, what has it done. */
import type { Services } from '@/lib/server'
import { type DeviceResponse, text } from '@/server/device-paths'
import { keptAnswer } from './kept-answer'
import type { Metrics } from './metrics'

export interface OperationOptions {
  services: Pick<Services, 'ready'>
  metrics: Metrics
  webAnswers(): Promise<boolean>
  /** Milliseconds that never run backwards. */
  now?: () => number
}

export type Operation = (path: string, method: string | undefined) => Promise<DeviceResponse>

export const OPERATION_PATHS = new Set(['/healthz', '/readyz', '/metrics'])
/** Everybody may ask, and each answer costs a query and two calls. */
const READINESS_KEPT = 1_000

export function createOperation(options: OperationOptions): Operation {
  const ready = keptAnswer(READINESS_KEPT, () => readiness(options), options.now ?? (() => performance.now()))
  return async (path, method) => {
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'Only GET and HEAD.', { Allow: 'GET, HEAD' })
    if (path === '/healthz') return text(200, 'ok')
    if (path === '/metrics') return metricsResponse(options.metrics)
    return ready()
  }
}

/** 503 while a part is missing, and which one it is. */
async function readiness({ services, webAnswers }: OperationOptions): Promise<DeviceResponse> {
  const [{ database, signer }, web] = await Promise.all([services.ready(), webAnswers()])
  const missing = Object.entries({ database, signer, web }).flatMap(([name, ready]) => (ready ? [] : [name]))
  return missing.length === 0 ? text(200, 'ready') : text(503, `not ready: ${missing.join(', ')}`)
}

function metricsResponse(metrics: Metrics): DeviceResponse {
  const answer = text(200, metrics.text().trimEnd())
  return { ...answer, headers: { ...answer.headers, 'Content-Type': 'text/plain; version=0.0.4' } }
}
