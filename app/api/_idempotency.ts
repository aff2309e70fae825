/** The Idempotency-Key header: a request that creates, sent again, creates nothing and gets the first answer. */
import { createHmac } from 'node:crypto'
import { TransportFault } from '@/app/api/_problem'
import type { AccessService } from '@/lib/services/access'
import type { Actor } from '@/lib/services/actor'

export interface Sent {
  status: number
  body: string
}

/** Runs the work once per Idempotency-Key, or at once where the caller sent none. */
export async function once(
  access: AccessService,
  actor: Actor,
  request: Request,
  bytes: Uint8Array,
  work: () => Promise<Sent>,
): Promise<Sent & { replayed: boolean }> {
  const idempotencyKey = request.headers.get('idempotency-key')
  if (idempotencyKey === null) return { ...(await work()), replayed: false }
  if (!/^[\x21-\x7e]{1,255}$/.test(idempotencyKey)) {
    throw new TransportFault('malformed_request', 'An Idempotency-Key has 1 to 255 printable characters and no space.')
  }
  const apiKey = (request.headers.get('authorization') ?? '').replace(/^bearer +/i, '').trim()
  return access.idempotent(actor, { apiKey, idempotencyKey }, requestHash(apiKey, request, bytes), work)
}

/**
 * Names this very request. The hash is stored, and a body may hold a password: so it is keyed with the API key, which
 * is not stored, and a stolen table gives nothing to guess against.
 */
function requestHash(apiKey: string, request: Request, bytes: Uint8Array): Uint8Array {
  const { pathname, search } = new URL(request.url)
  return createHmac('sha256', apiKey).update(`${request.method}\n${pathname}${search}\n`).update(bytes).digest()
}
