/** The services of Microsoft Intune: ScepActions and revocation (intune.md §5 and §8), within the patience of who waits. */
import type { Json } from '@/lib/services/audit'
import { isSuccess } from '@/lib/services/intune-codes'
import { intuneSettings } from '@/lib/services/intune-settings'
import {
  CA_ERROR_NUMBER,
  type IntuneClient,
  type Occasion,
  type RevocationRequestItem,
  type RevocationResult,
  type Unsaid,
} from '@/lib/services/intune-types'
import type { MdmConnector, MdmConnectorRows } from '@/lib/services/mdm-connector-types'
import { objectOf } from '@/lib/services/validator-verdict'
import { createIntuneDiscovery, PKI_SERVICE, SCEP_SERVICE } from './intune-discovery'
import {
  createExchange,
  type ExchangeOptions,
  failed,
  isWorthARetry,
  okJson,
  type Reading,
  type Reply,
  shortText,
  unsaid,
} from './intune-exchange'
import { createIntuneTest } from './intune-test'
import { createIntuneTokens, type TokensOptions } from './intune-tokens'

export interface IntuneClientOptions extends Omit<ExchangeOptions, 'monotonic' | 'pause'> {
  signer: TokensOptions['signer']
  rows: Pick<MdmConnectorRows, 'learn'>
  /** Name and version that Intune's operators see: "Latchkey/1.4.0". */
  caller: string
  clock(): Date
  monotonic?(): number
  pause?(milliseconds: number): Promise<void>
}

interface ServiceCall {
  connector: MdmConnector
  operation: string
  service: string
  path: string
  apiVersion: string
  body: Uint8Array
  occasion: Occasion
  read(json: { [key: string]: Json }): Reading | null
}

const SCEP_API_VERSION = '2018-02-20'
const PKI_API_VERSION = '5019-05-05'
/** Longer than that nobody who waits can wait. */
const MOST_RETRY_AFTER_SECONDS = 5
const RETRY_AFTER_MS = 250
const JOB_PATIENCE_MS = 60_000

export function intuneClient(options: IntuneClientOptions): IntuneClient {
  const { monotonic = () => performance.now(), pause = sleep, caller } = options
  const timing = { monotonic, pause }
  const exchange = createExchange({ ...options, ...timing })
  const tokens = createIntuneTokens({ ...options, ...timing, exchange })
  const discovery = createIntuneDiscovery({ ...options, ...timing, exchange, tokens })

  return {
    async act(connector, action, body, occasion) {
      const reply = await call({
        ...{ connector, body, occasion, operation: action },
        service: SCEP_SERVICE,
        path: `ScepActions/${action}`,
        apiVersion: SCEP_API_VERSION,
        read: readCode,
      })
      if ('said' in reply) return reply
      const { code, errorDescription } = reply.json
      return { said: true, code: shortText(code), description: shortText(errorDescription) }
    },

    async downloadRevocations(connector, most) {
      const body = { downloadParameters: { maxRequests: Math.min(Math.max(most, 1), 500), issuerName: null } }
      const reply = await pkiCall(connector, 'downloadRevocationRequests', body, (json) => {
        const requests = requestsOf(json)
        if (requests === null) return null
        const unusable = requests.all - requests.usable.length
        const detail = `${requests.all} requests${unusable === 0 ? '' : `, of which ${unusable} cannot be answered`}`
        return { outcome: 'success', code: null, detail }
      })
      return 'said' in reply ? reply : { said: true, requests: requestsOf(reply.json)?.usable ?? [] }
    },

    async uploadRevocations(connector, results) {
      const { resultCodes } = intuneSettings(connector.settings)
      const body = { results: results.map((result) => written(result, resultCodes)) }
      const reply = await pkiCall(connector, 'uploadRevocationResults', body, (json) =>
        isTrue(json.value)
          ? { outcome: 'success', code: null, detail: `${results.length} results` }
          : { outcome: 'failed', code: 'not_recorded', detail: 'Intune did not say that it has recorded the results.' },
      )
      return 'said' in reply ? reply : { said: true, recorded: isTrue(reply.json.value) }
    },

    test: createIntuneTest({ tokens, discovery, monotonic }),
  }

  function pkiCall(connector: MdmConnector, operation: string, body: object, read: ServiceCall['read']) {
    return call({
      ...{ connector, operation, read },
      service: PKI_SERVICE,
      path: `CertificateAuthorityRequests/${operation}`,
      apiVersion: PKI_API_VERSION,
      body: Buffer.from(JSON.stringify(body), 'utf8'),
      occasion: { enrolmentTransactionId: null, patienceMs: JOB_PATIENCE_MS },
    })
  }

  /** At most two attempts, each with the token and the address that are known by then. */
  async function call(request: ServiceCall): Promise<{ json: { [key: string]: Json } } | Unsaid> {
    const { connector, operation, service, occasion } = request
    const { enrolmentTransactionId } = occasion
    const deadline = monotonic() + occasion.patienceMs
    const asking = { connector, enrolmentTransactionId, deadline }
    for (let attempt = 1; ; attempt++) {
      const found = await discovery.find(asking, service)
      if (!found.said) return plain(found)
      const token = await tokens.token({ ...asking, scope: 'intune' })
      if (!token.said) return plain(token)
      const reply = await send(request, found.uri, token.token, { attempt, deadline })
      const json = okJson(reply)
      if (json !== null && request.read(json) !== null) return { json }
      const again = attempt === 1 ? nextAttempt(reply) : null
      if (again === null || deadline - monotonic() < again.pauseMs + RETRY_AFTER_MS)
        return unsaid(`Intune, asked for ${operation},`, reply)
      if (again.because === 'token') tokens.drop(connector, 'intune', token.token)
      if (again.because === 'moved') discovery.forget(connector)
      await pause(again.pauseMs)
    }
  }

  function send(
    request: ServiceCall,
    uri: string,
    token: string,
    { attempt, deadline }: { attempt: number; deadline: number },
  ): Promise<Reply> {
    const { connector, operation, path, apiVersion, body, occasion } = request
    return exchange(
      {
        ...{ connector, operation, attempt, body, deadline },
        method: 'POST',
        url: `${uri}/${path}`,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'api-version': apiVersion,
          // Literally so, without a hyphen: what Microsoft's own library sends.
          UserAgent: caller,
        },
        allowedHosts: intuneSettings(connector.settings).allowedHosts,
        enrolmentTransactionId: occasion.enrolmentTransactionId,
      },
      (reply) => {
        const json = okJson(reply)
        return (json === null ? null : request.read(json)) ?? failed(reply)
      },
    )
  }
}

function nextAttempt(reply: Reply): { because: 'token' | 'moved' | 'busy' | 'again'; pauseMs: number } | null {
  if (reply.answered && reply.status === 401) return { because: 'token', pauseMs: 0 }
  if (reply.answered && (reply.status === 429 || (reply.status === 503 && reply.retryAfterSeconds !== null))) {
    const { retryAfterSeconds: seconds } = reply
    if (seconds === null || seconds > MOST_RETRY_AFTER_SECONDS) return null
    return { because: 'busy', pauseMs: seconds * 1_000 }
  }
  if (!isWorthARetry(reply)) return null
  // A connection that broke half-way was made to the right place.
  const broke = !reply.answered && reply.fault === 'connection_lost'
  return { because: broke ? 'again' : 'moved', pauseMs: RETRY_AFTER_MS }
}

/** Refusals come with HTTP 200 too: the code alone decides. */
function readCode({ code, errorDescription }: { [key: string]: Json }): Reading | null {
  if (typeof code !== 'string' || code.trim() === '') return null
  const ok = isSuccess(code)
  return { outcome: ok ? 'success' : 'refused', code: shortText(code), detail: shortText(errorDescription) || null }
}

const MOST_CONTEXT = 10_000

/** A context is given back as it came: what cannot be kept unchanged cannot be answered, and the others shall be. */
function requestsOf({ value }: { [key: string]: Json }): { usable: RevocationRequestItem[]; all: number } | null {
  if (!Array.isArray(value)) return null
  const usable = value.flatMap((each) => {
    const { requestContext, serialNumber, issuerName, caConfiguration } = objectOf(each) ?? {}
    if (typeof requestContext !== 'string' || requestContext === '' || requestContext.length > MOST_CONTEXT) return []
    if (requestContext.includes('\0') || !requestContext.isWellFormed()) return []
    return {
      requestContext,
      serialNumber: typeof serialNumber === 'string' ? serialNumber.toWellFormed().replaceAll('\0', '\ufffd') : '',
      issuerName: typeof issuerName === 'string' ? issuerName : null,
      caConfiguration: typeof caConfiguration === 'string' ? caConfiguration : null,
    }
  })
  return { usable, all: value.length }
}

/** Microsoft's Java library sends numbers as texts, its C# library names. */
function written({ errorCode, ...result }: RevocationResult, spelling: 'names' | 'numbers') {
  const { requestContext, succeeded, errorMessage } = result
  const code = spelling === 'names' ? errorCode : String(CA_ERROR_NUMBER[errorCode])
  return { requestContext, succeeded, errorCode: code, errorMessage }
}

function isTrue(value: Json | undefined): boolean {
  return value === true || (typeof value === 'string' && value.toLowerCase() === 'true')
}

function plain({ fault, detail }: Unsaid): Unsaid {
  return { said: false, fault, detail }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
