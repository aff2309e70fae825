/** Signatures over webhooks: step-ca's, and those of Standard Webhooks. Always over the very bytes that travel. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export type Dialect = 'smallstep' | 'standard'

export interface SignedMessage {
  /** The same for every repetition of one message: receivers recognise it by this. */
  id: string
  /** Of the connection: which secret was used. */
  connectionId: string
  at: Date
  body: Uint8Array
}

const SECRET_BYTES = 64
const STANDARD_PREFIX = 'whsec_'

export function newSecret(): Uint8Array {
  return new Uint8Array(randomBytes(SECRET_BYTES))
}

/** As the other side wants it in its configuration. */
export function secretText(dialect: Dialect, secret: Uint8Array): string {
  const text = Buffer.from(secret).toString('base64')
  return dialect === 'standard' ? `${STANDARD_PREFIX}${text}` : text
}

/** webhooks.md §1.2 and §2: everything about a message that is not its body. */
export function signatureHeaders(dialect: Dialect, secret: Uint8Array, message: SignedMessage): Record<string, string> {
  switch (dialect) {
    case 'smallstep':
      return {
        'X-Smallstep-Signature': Buffer.from(smallstepSignature(secret, message.body)).toString('hex'),
        'X-Smallstep-Webhook-ID': message.connectionId,
        'X-Request-Id': message.id,
      }
    case 'standard': {
      const seconds = String(Math.floor(message.at.getTime() / 1000))
      const signed = createHmac('sha256', secret).update(`${message.id}.${seconds}.`).update(message.body)
      return {
        'webhook-id': message.id,
        'webhook-timestamp': seconds,
        'webhook-signature': `v1,${signed.digest('base64')}`,
      }
    }
  }
}

/** Whether one of the secrets signed this body. As long for a wrong signature as for a right one. */
export function signedBySmallstep(signature: string | null, body: Uint8Array, secrets: readonly Uint8Array[]): boolean {
  const presented = /^[0-9a-f]{64}$/.test(signature ?? '') ? Buffer.from(signature ?? '', 'hex') : Buffer.alloc(32)
  const matches = secrets.map((secret) => timingSafeEqual(smallstepSignature(secret, body), presented))
  return matches.includes(true)
}

/** What the headers of a Standard Webhooks message say; null unless all of them are well-formed. */
export interface StandardMessage {
  id: string
  at: Date
  signatures: Uint8Array[]
}

const MOST_SIGNATURES = 10

/** An id has no dot: moved over one, the parts of another message would sign the same bytes. */
export function standardMessage(headers: { get(name: string): string | null }): StandardMessage | null {
  const id = headers.get('webhook-id') ?? ''
  const seconds = headers.get('webhook-timestamp') ?? ''
  if (!/^[\x21-\x2d\x2f-\x7e]{1,255}$/.test(id) || !/^\d{1,12}$/.test(seconds)) return null
  const signatures = (headers.get('webhook-signature') ?? '')
    .split(' ')
    .filter((each) => /^v1,[A-Za-z0-9+/]{43}=$/.test(each))
    .slice(0, MOST_SIGNATURES)
    .map((each) => Buffer.from(each.slice(3), 'base64'))
  return signatures.length === 0 ? null : { id, at: new Date(Number(seconds) * 1000), signatures }
}

/** Whether one of the secrets made one of the signatures. Every pair is compared, right or wrong. */
export function signedByStandard(
  { id, at, signatures }: StandardMessage,
  body: Uint8Array,
  secrets: readonly Uint8Array[],
): boolean {
  const seconds = String(at.getTime() / 1000)
  const matches = secrets.flatMap((secret) => {
    const expected = createHmac('sha256', secret).update(`${id}.${seconds}.`).update(body).digest()
    return signatures.map((signature) => timingSafeEqual(expected, signature))
  })
  return matches.includes(true)
}

function smallstepSignature(secret: Uint8Array, body: Uint8Array): Uint8Array {
  return createHmac('sha256', secret).update(body).digest()
}
