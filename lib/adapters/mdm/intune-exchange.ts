/** One request to a service of Microsoft's: bounded, noted in the connector's log, and read as JSON. */
import type { Json } from '@/lib/services/audit'
import type { Unsaid } from '@/lib/services/intune-types'
import type { ConnectorCall, ConnectorCalls, MdmConnector } from '@/lib/services/mdm-connector-types'
import type { Outbound, OutboundAnswer } from '@/lib/services/outbound'
import { parseObject } from '@/lib/services/validator-verdict'

export interface ExchangeOptions {
  outbound: Outbound
  calls: ConnectorCalls
  /** Milliseconds of a clock that never goes back. */
  monotonic(): number
  pause(milliseconds: number): Promise<void>
}

export interface Call {
  connector: MdmConnector
  operation: string
  method: 'GET' | 'POST'
  url: string
  headers: Record<string, string>
  body: Uint8Array
  allowedHosts: readonly string[]
  attempt: number
  enrolmentTransactionId: string | null
  /** Of the monotonic clock. */
  deadline: number
}

/** What came of it: an answer with its JSON, or none. `json` is null for what is no JSON object. */
export type Reply =
  | { answered: true; status: number; json: { [key: string]: Json } | null; retryAfterSeconds: number | null }
  | Extract<OutboundAnswer, { answered: false }>

/** What the caller makes of a reply, as it goes into the log. */
export type Reading = Pick<ConnectorCall, 'outcome' | 'code' | 'detail'>

const CALL_MS = 20_000
const CONNECT_MS = 5_000
const MAX_DESCRIPTION = 500

export type Exchange = ReturnType<typeof createExchange>

export function createExchange({ outbound, calls, monotonic }: ExchangeOptions) {
  return async (call: Call, read: (reply: Reply) => Reading): Promise<Reply> => {
    const begun = monotonic()
    const correlationId = crypto.randomUUID()
    const answer = await outbound.send({
      method: call.method,
      url: call.url,
      headers: { ...call.headers, 'client-request-id': correlationId },
      body: call.body,
      timeoutMs: Math.min(CALL_MS, Math.max(call.deadline - begun, 1)),
      connectMs: CONNECT_MS,
      allowedHosts: call.allowedHosts,
    })
    const reply = replyOf(answer)
    await calls.note({
      connectorId: call.connector.id,
      direction: 'out',
      operation: call.operation,
      target: targetOf(call.url),
      status: reply.answered ? reply.status : null,
      ...read(reply),
      milliseconds: Math.round(monotonic() - begun),
      attempt: call.attempt,
      correlationId,
      enrolmentTransactionId: call.enrolmentTransactionId,
    })
    return reply
  }
}

export function isOk(reply: Reply): boolean {
  return reply.answered && reply.status >= 200 && reply.status < 300
}

/** The JSON object of a reply whose status is fine, or null. */
export function okJson(reply: Reply): { [key: string]: Json } | null {
  return reply.answered && isOk(reply) ? reply.json : null
}

/** Whether the other side may be somewhere else by now, or be well again in a moment. */
export function isWorthARetry(reply: Reply): boolean {
  if (reply.answered) return reply.status === 404 || reply.status === 410 || reply.status >= 500
  switch (reply.fault) {
    case 'dns_failed':
    case 'connect_failed':
    case 'tls_failed':
    case 'connection_lost':
      return true
    default:
      return false
  }
}

export function unsaid(where: string, reply: Reply): Unsaid {
  if (!reply.answered) return { said: false, fault: reply.fault, detail: `${where}: ${reply.detail}` }
  if (!isOk(reply)) return { said: false, fault: 'status', detail: `${where} answered HTTP ${reply.status}.` }
  return { said: false, fault: 'not_json', detail: `${where} answered something that is not its protocol.` }
}

export function failed(reply: Reply, more: Partial<Reading> = {}): Reading {
  return reply.answered
    ? { outcome: 'failed', code: `HTTP ${reply.status}`, detail: null, ...more }
    : { outcome: 'failed', code: reply.fault, detail: reply.detail, ...more }
}

/** One line of somebody else's text. */
export function shortText(value: Json | undefined): string {
  return typeof value === 'string'
    ? value
        .replace(/\p{Cc}+/gu, ' ')
        .trim()
        .slice(0, MAX_DESCRIPTION)
    : ''
}

/** Host and path: a query may hold what belongs into no log. */
export function targetOf(text: string): string | null {
  const url = URL.parse(text)
  return url === null ? null : `${url.host}${url.pathname}`
}

function replyOf(answer: OutboundAnswer): Reply {
  if (!answer.answered) return answer
  const { status, body, retryAfterSeconds = null } = answer
  return { answered: true, status, json: parseObject(body), retryAfterSeconds }
}
