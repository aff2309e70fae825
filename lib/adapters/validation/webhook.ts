/** Calls a validator: signed, repeated once with the same bytes, and never longer than a device waits. */
import type { Outbound, OutboundAnswer } from '@/lib/services/outbound'
import type { CallOutcome, WebhookCall, WebhookClient } from '@/lib/services/validators'
import { signatureHeaders } from '@/lib/services/webhook-signature'

/** Devices give up soon after; with the issuance behind it, the whole stays below their patience. */
const MOST_MS = 11_500
const RETRY_AFTER_MS = 500
/** A deadline that passed is no reason to ask again: the other side may be at work still. */
const WORTH_A_RETRY: ReadonlySet<string> = new Set(['dns_failed', 'connect_failed', 'tls_failed', 'connection_lost'])

export interface WebhookClientOptions {
  outbound: Outbound
  /** Milliseconds of a clock that never goes back. */
  monotonic?(): number
  pause?(milliseconds: number): Promise<void>
}

export function webhookClient({ outbound, monotonic = now, pause = sleep }: WebhookClientOptions): WebhookClient {
  return {
    async call({ validator, secret, authorization, messageId, at, body }: WebhookCall): Promise<CallOutcome> {
      const end = monotonic() + MOST_MS
      const signed = { id: messageId, connectionId: validator.id, at, body }
      const headers = {
        'content-type': 'application/json',
        ...signatureHeaders(validator.dialect, secret, signed),
        ...(authorization === null ? {} : { authorization }),
      }
      const attempt = () =>
        outbound.send({
          method: 'POST',
          url: validator.url,
          headers,
          body,
          timeoutMs: Math.min(validator.timeoutMs, end - monotonic()),
          allowedHosts: validator.allowedHosts,
        })
      const first = await attempt()
      if (!isWorthARetry(first) || end - monotonic() < 2 * RETRY_AFTER_MS) return outcomeOf(first, 1)
      await pause(RETRY_AFTER_MS)
      return outcomeOf(await attempt(), 2)
    },
  }
}

function isWorthARetry(answer: OutboundAnswer): boolean {
  return answer.answered ? answer.status >= 500 : WORTH_A_RETRY.has(answer.fault)
}

function outcomeOf(answer: OutboundAnswer, attempts: number): CallOutcome {
  if (!answer.answered) return { answered: false, fault: answer.fault, detail: answer.detail, status: null, attempts }
  const { status, body, address } = answer
  if (status >= 200 && status < 300) return { answered: true, body, address, attempts }
  const redirected = status >= 300 && status < 400 ? ' Redirects are not followed.' : ''
  return { answered: false, fault: 'status', detail: `It answered HTTP ${status}.${redirected}`, status, attempts }
}

function now(): number {
  return performance.now()
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
