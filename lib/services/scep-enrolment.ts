/** The SCEP endpoint: which operation is asked, and what is answered when a part of ours cannot. */
import { isRefusal, Refusal } from '@/lib/errors'
import { parseScepHttp } from '@/lib/scep/http'
import { sealNextCertificates } from '@/lib/scep/message'
import type { AuditService } from './audit'
import { sha256 } from './certificate-intent'
import type { RedemptionStore } from './challenge-presentation'
import type { DeviceCheck } from './device-check'
import type { Authoriser, Authorisers } from './enrolment-authorisation'
import type { TurnRules, TurnStore } from './enrolment-turns'
import { createTrace } from './exchange-trace'
import type { FlightRecorder } from './flight-recorder'
import type { IssuanceService } from './issuance'
import type { RenewalStore } from './renewal'
import { answer, comeBackLater, internalError, refuseHttp } from './scep-answers'
import { caAnswer, createScepEndpoints, type PreparedEndpoint, type ScepEndpoint } from './scep-endpoints'
import { deviceActor, type Exchange } from './scep-exchange'
import { createPkiOperation } from './scep-pki-operation'
import type { QueryStore } from './scep-queries'
import { createScepThrottle, SCEP_LIMITS, type ScepLimits, sourceOf } from './scep-throttle'
import type { SignedChallenges } from './signed-challenges'
import type { Signer } from './signer'
import { createUnderWay, type UnderWay } from './under-way'

export interface ScepRequest {
  /** Endpoint slug from the URL. */
  endpoint: string
  method: string
  /** Raw query string without the question mark, never a parsed map: '+' must survive (scep.md §1.4). */
  query: string
  body: Uint8Array
  contentEncoding: string | null
  /** Path and content type decide nothing: they only help to tell which client it is. */
  path?: string
  contentType?: string | null
  ip: string | null
  userAgent: string | null
  /** Whether the client has hung up. */
  gone?: () => boolean
  /** For the flight recorder alone. */
  httpVersion?: string | null
}

export interface ScepResponse {
  status: number
  /** Exact content type, no parameters. Absent for errors without a body. */
  contentType?: string
  body: Uint8Array
  headers?: Record<string, string>
}

export interface ScepEnrolmentService {
  /** Never throws for what a client sent: 4xx, a signed FAILURE, or 503 when a part of ours cannot answer. */
  handle(request: ScepRequest): Promise<ScepResponse>
}

/** A flood is counted in memory and written once a minute. */
export interface FloodCounts {
  /** Writes what is only counted so far: at shutdown, and by a job for minutes after which no request came. */
  flush(): Promise<void>
}

export interface ScepEnrolmentStore extends TurnStore {
  /** Null for an unknown slug. The empty slug means the default endpoint (default-endpoint.ts). */
  endpoint(slug: string): Promise<ScepEndpoint | null>
}

export interface ScepOptions extends TurnRules {
  maxBodyBytes: number
  /** Faults of opening and of challenges are answered at a multiple of it: a guess costs the same, right or wrong. */
  floorMilliseconds: number
  /** PKIOperations at once in this process; more are told to come back. */
  concurrent: number
  /** From the arrival of a request to its signature: later, nothing is signed any more (scep.md §9.1 item 8). */
  deadlineMilliseconds: number
  limits: ScepLimits
  usageOutsideProfile: 'drop' | 'refuse'
}

export const SCEP_OPTIONS: ScepOptions = {
  maxBodyBytes: 131_072,
  floorMilliseconds: 50,
  concurrent: 200,
  deadlineMilliseconds: 10_000,
  replayWindowSeconds: 86_400,
  abandonedAfterSeconds: 15,
  patienceMilliseconds: 10_000,
  limits: SCEP_LIMITS,
  usageOutsideProfile: 'drop',
}

/** One per endpoint with a rollover under way. */
const MOST_ANNOUNCED = 1_000

/** Milliseconds with their fractions, which never run backwards. */
export interface FineTime {
  now(): number
  pause(milliseconds: number): Promise<void>
}

export interface ScepEnrolmentDependencies {
  store: ScepEnrolmentStore
  challenges: RedemptionStore
  renewals: RenewalStore
  queries: QueryStore
  issuance: Pick<IssuanceService, 'issueLeaf'>
  signer: Pick<
    Signer,
    'mac' | 'challengeHandles' | 'openSealedChallenge' | 'decryptScep' | 'signScepReply' | 'signScepNextCertificates'
  >
  audit: Pick<AuditService, 'record'>
  /** The usual enrolment with a dynamic challenge in one step; without it, every one goes step by step. */
  enrolAtOnce?: NonNullable<Authoriser['enrolAtOnce']>
  /** Told of what may be a usual enrolment, from its opening until it is answered or goes step by step. */
  underWay?: UnderWay
  /** Challenges that registered minters sign; without it nobody else mints. */
  signed?: SignedChallenges
  /** For endpoints where an MDM has to vouch for the device; without it nothing is issued there. */
  deviceCheck?: DeviceCheck
  /** Beside the dynamic challenges that `challenges` stores. */
  authorisers?: Authorisers
  recorder?: FlightRecorder
  /** AccessService.limit: counts one under the key, throws rate_limited beyond the count. */
  limit(key: string, count: number, seconds: number): Promise<void>
  clock(): Date
  log(level: 'info' | 'warn' | 'error', event: string, facts: Record<string, string | number | null>): void
  pause?(milliseconds: number): Promise<void>
  /** For answers that must not show how long their work took; `clock` and `pause` when absent. */
  fine?: FineTime
  options?: Partial<ScepOptions>
}

export function createScepEnrolment(dependencies: ScepEnrolmentDependencies): ScepEnrolmentService & FloodCounts {
  const { store, audit, signer, clock, log, limit, recorder, pause = sleep } = dependencies
  const options = { ...SCEP_OPTIONS, ...dependencies.options }
  const endpoints = createScepEndpoints(store, clock)
  const throttle = createScepThrottle({ limit, record: (entry) => audit.record(entry), clock, limits: options.limits })
  const pkiOperation = createPkiOperation({
    ...dependencies,
    authorisers: dependencies.authorisers ?? {},
    pause,
    fine: dependencies.fine ?? { now: () => clock().getTime(), pause },
    options,
    throttle,
    underWay: dependencies.underWay ?? createUnderWay(),
  })
  const announced = new Map<string, Promise<Uint8Array>>()
  let busy = 0

  return { handle, flush: () => throttle.flush(true) }

  async function handle(request: ScepRequest): Promise<ScepResponse> {
    const requestId = crypto.randomUUID()
    const startedAt = clock()
    let response: ScepResponse
    try {
      response = await dispatch(request, requestId, startedAt)
    } catch (error) {
      response = fromError(error, requestId)
    }
    log('info', 'scep.request', {
      requestId,
      endpoint: request.endpoint,
      method: request.method,
      ip: request.ip,
      userAgent: request.userAgent?.slice(0, 200) ?? null,
      bytesIn: request.body.length,
      bytesOut: response.body.length,
      status: response.status,
      milliseconds: clock().getTime() - startedAt.getTime(),
    })
    return response
  }

  async function dispatch(request: ScepRequest, requestId: string, startedAt: Date): Promise<ScepResponse> {
    const { endpoint, stale } = await endpoints.get(request.endpoint)
    if (endpoint === null || !endpoint.enabled) return refuseHttp(404)
    const asked = parseScepHttp(request, options.maxBodyBytes)
    if ('status' in asked) return refuseHttp(asked.status, asked.allow === undefined ? {} : { Allow: asked.allow })
    if (asked.operation !== 'PKIOperation') recorder?.asked(request, sourceOf(request.ip), endpoint.id, asked.operation)
    switch (asked.operation) {
      case 'GetCACaps':
        return answer('text/plain', endpoint.capabilities)
      case 'GetCACert': {
        const certificates = caAnswer(endpoint, asked, request.userAgent)
        return certificates === null ? comeBackLater(503, 30) : answer(certificates.contentType, certificates.body)
      }
      case 'GetNextCACert':
        return nextCertificates(endpoint)
      case 'PKIOperation': {
        if (stale) throw new Refusal('unavailable', 'The database does not answer.')
        if (busy >= options.concurrent) return comeBackLater(503, 5)
        busy += 1
        try {
          await flushCounts()
          const exchange = exchangeOf(request, requestId, startedAt, endpoint, clock)
          const work = () => pkiOperation(exchange, asked.message ?? new Uint8Array(0))
          return await (recorder?.recorded(exchange, work) ?? work())
        } finally {
          busy -= 1
        }
      }
    }
  }

  /** Signed once per generation and instance: it says nothing about who asks. */
  async function nextCertificates({ nextCertificates: next, current }: PreparedEndpoint): Promise<ScepResponse> {
    if (next === null) return refuseHttp(404)
    if (current === null) return comeBackLater(503, 30)
    const key = `${current.keyId}:${Buffer.from(sha256(next)).toString('hex')}`
    const signed =
      announced.get(key) ??
      sealNextCertificates(next, {
        ra: current,
        sign: (certificates) => signer.signScepNextCertificates(current.keyId, certificates),
      })
    if (announced.size >= MOST_ANNOUNCED) announced.clear()
    announced.set(key, signed)
    try {
      return answer('application/x-x509-next-ca-cert', await signed)
    } catch (error) {
      announced.delete(key)
      throw error
    }
  }

  async function flushCounts(): Promise<void> {
    try {
      await throttle.flush()
    } catch (error) {
      log('warn', 'scep.counts_not_written', { error: String(error).slice(0, 200) })
    }
  }

  function fromError(error: unknown, requestId: string): ScepResponse {
    if (isRefusal(error, 'rate_limited')) return comeBackLater(429, error.retryAfterSeconds ?? 60)
    if (isRefusal(error, 'unavailable')) {
      log('warn', 'scep.unavailable', { requestId, reason: error.reason, detail: error.detail.slice(0, 200) })
      return comeBackLater(503, error.retryAfterSeconds ?? 30)
    }
    // The name and the place of the bug, never its message: that could quote what it was given.
    const stack = error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 6).join(' ').trim() : ''
    log('error', 'scep.internal_error', { requestId, error: error instanceof Error ? error.name : typeof error, stack })
    return internalError(requestId)
  }
}

function exchangeOf(
  request: ScepRequest,
  requestId: string,
  startedAt: Date,
  endpoint: PreparedEndpoint,
  clock: () => Date,
): Exchange {
  const { current } = endpoint
  if (current === null)
    throw new Refusal('unavailable', 'The endpoint has no valid registration authority.', { reason: 'ra_missing' })
  return {
    request,
    requestId,
    source: sourceOf(request.ip),
    startedAt,
    endpoint,
    current,
    actor: deviceActor(request, requestId),
    trace: createTrace(startedAt, clock),
    client: null,
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
