/** One message to an event webhook: signed by Standard Webhooks, sent once. */
import type { EventBody, EventWebhookTarget } from './event-webhook-types'
import type { Outbound, OutboundAnswer } from './outbound'
import type { Signer } from './signer'
import { signatureHeaders } from './webhook-signature'

const TIMEOUT_MS = 10_000

export async function sendEvent(
  id: string,
  event: EventBody,
  webhook: EventWebhookTarget,
  { outbound, signer, at }: { outbound: Outbound; signer: Pick<Signer, 'open'>; at: Date },
): Promise<OutboundAnswer> {
  const body = Buffer.from(JSON.stringify(event), 'utf8')
  return outbound.send({
    method: 'POST',
    url: webhook.url,
    headers: { 'content-type': 'application/json', ...(await signed(id, body, webhook, signer, at)) },
    body,
    timeoutMs: TIMEOUT_MS,
    allowedHosts: webhook.allowedHosts,
  })
}

/** While a secret is being replaced both sign, as the specification has it. */
async function signed(
  id: string,
  body: Uint8Array,
  webhook: EventWebhookTarget,
  signer: Pick<Signer, 'open'>,
  at: Date,
): Promise<Record<string, string>> {
  const { previousSecretSealed: previous, previousSecretUntil: until } = webhook
  const sealed = [webhook.secretSealed, ...(previous !== null && until !== null && until > at ? [previous] : [])]
  const message = { id, connectionId: webhook.id, at, body }
  const headers = await Promise.all(
    sealed.map(async (each) => {
      const secret = await signer.open('connector-hook', webhook.id, each)
      return signatureHeaders('standard', secret, message)
    }),
  )
  return { ...headers[0], 'webhook-signature': headers.map((each) => each['webhook-signature']).join(' ') }
}

export function isTaken(answer: OutboundAnswer): boolean {
  return answer.answered && answer.status >= 200 && answer.status < 300
}

/** Why it was not taken. */
export function saidBy(answer: OutboundAnswer): string {
  return answer.answered ? `It answered HTTP ${answer.status}.` : `${answer.fault}: ${answer.detail}`
}
