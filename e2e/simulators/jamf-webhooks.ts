/** Jamf Pro's webhooks: each one event and one URL, posted with the authentication and the patience that are configured. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { EventName, Written } from './jamf-bodies'

export type Authentication =
  | { type: 'none' }
  | { type: 'basic'; user: string; password: string }
  | { type: 'header'; name: string; value: string }

export interface WebhookSettings {
  name: string
  event: EventName
  url: string
  authentication: Authentication
  contentType: 'json' | 'xml'
  connectionTimeoutMs: number
  readTimeoutMs: number
  enabled: boolean
}

export interface Webhook extends WebhookSettings {
  id: number
}

export interface Delivery {
  webhook: string
  event: string
  /** Null when there was no answer within the time. */
  status: number | null
  headers: IncomingHttpHeaders
  body: string
  milliseconds: number
  fault: string | null
}

/** Defaults of the form in Jamf Pro. */
export function webhookOf(id: number, given: Pick<WebhookSettings, 'event' | 'url'> & Partial<WebhookSettings>) {
  const defaults = {
    name: `webhook ${id}`,
    authentication: { type: 'none' } as Authentication,
    contentType: 'json' as const,
    connectionTimeoutMs: 5_000,
    readTimeoutMs: 2_000,
    enabled: true,
  }
  return { ...defaults, ...given, id }
}

export interface Sending {
  /** Instead of what is configured: forged, or left out. */
  authentication?: Authentication
  /** Asked for credentials first, an older caller of the format sends them only then. */
  after401?: boolean
}

/** Answers with whatever came of it: Jamf Pro writes it to its log and tries no second time. */
export async function deliver(webhook: Webhook, message: Written, sending: Sending = {}): Promise<Delivery> {
  const authentication = sending.authentication ?? webhook.authentication
  const credentials: Record<string, string> =
    authentication.type === 'basic'
      ? { authorization: basic(authentication.user, authentication.password) }
      : authentication.type === 'header'
        ? { [authentication.name]: authentication.value }
        : {}
  const at = performance.now()
  let answer = await post(webhook, message, sending.after401 ? {} : credentials)
  const challenged = answer.status === 401 && /^Basic\b/i.test(answer.headers['www-authenticate'] ?? '')
  if (sending.after401 && challenged) answer = await post(webhook, message, credentials)
  return {
    ...{ webhook: webhook.name, event: webhook.event, ...answer },
    milliseconds: Math.round(performance.now() - at),
  }
}

export const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`

type Answered = Pick<Delivery, 'status' | 'headers' | 'body' | 'fault'>

function post(webhook: Webhook, { contentType, bytes }: Written, credentials: Record<string, string>) {
  return new Promise<Answered>((resolve) => {
    let answered = false
    const settle = (answer: Partial<Answered>) => {
      answered = true
      clearTimeout(connecting)
      resolve({ status: null, headers: {}, body: '', fault: null, ...answer })
    }
    const call = webhook.url.startsWith('https:') ? httpsRequest : httpRequest
    const request = call(webhook.url, {
      method: 'POST',
      headers: { 'content-type': contentType, 'content-length': bytes.length, ...credentials },
      agent: false,
    })
    const connecting = setTimeout(() => request.destroy(new Error('connection timeout')), webhook.connectionTimeoutMs)
    request.on('socket', (socket) => socket.once('connect', () => clearTimeout(connecting)))
    request.setTimeout(webhook.readTimeoutMs, () => request.destroy(new Error('read timeout')))
    // A server that refuses a body before it has all of it ends the connection under our hands.
    request.on('error', (error) => {
      if (!answered) settle({ fault: error.message || 'connection lost' })
    })
    request.on('response', (response) => {
      answered = true
      const { statusCode = 0, headers } = response
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      const end = (fault: string | null) =>
        settle({ status: statusCode, headers, body: Buffer.concat(chunks).toString('utf8'), fault })
      response.on('end', () => end(null))
      response.on('error', () => end('connection lost'))
    })
    request.end(bytes)
  })
}
