/** One connection to the signer: whatever arrives is checked before anything is done, and nothing that arrives can end it. */
import type { Socket } from 'node:net'
import { Refusal } from '@/lib/errors'
import type { Pkcs12File, Signer } from '@/lib/services/signer'
import { KeyUnusable } from './envelope'
import { type Frame, FrameReader, MAX_BODY_BYTES, sendFrame } from './frames'
import type { Log } from './log'
import { unpackPkcs12 } from './pkcs12-frame'
import { asRefusalCode, idOf, type Request, type Response, readRequest, requestBodyLimit } from './signer-protocol'

/** Beyond these a connection is not read until it has caught up. */
const MAX_IN_FLIGHT = 256
const MAX_UNSENT_BYTES = 1024 * 1024
/** CRLs being received or signed, of all connections together. */
const MAX_LARGE_BYTES = 192 * 1024 * 1024
/** How long a message may take to arrive. */
const HALF_MESSAGE_MS = 30_000

export interface Connection {
  /** Reads no more, answers the calls under way, and hangs up. */
  finish(): void
  destroy(): void
}

interface Answer {
  result: object
  body: Uint8Array
}

const NOTHING = new Uint8Array(0)

export function serveConnection(socket: Socket, signer: Signer, log: Log, largeBodies: { bytes: number }): Connection {
  const reader = new FrameReader(admit)
  let inFlight = 0
  let held = 0
  let finishing = false
  let halfMessage: NodeJS.Timeout | undefined

  function admit(header: unknown, bodyLength: number): boolean {
    if (bodyLength > requestBodyLimit(header)) return false
    if (bodyLength <= MAX_BODY_BYTES) return true
    if (largeBodies.bytes + bodyLength > MAX_LARGE_BYTES) return false
    hold(bodyLength)
    return true
  }

  function hold(bytes: number): void {
    held += bytes
    largeBodies.bytes += bytes
  }

  async function serve({ header, body }: Frame): Promise<void> {
    inFlight += 1
    const request = readRequest(header)
    const id = request?.id ?? idOf(header)
    if (id === undefined) return hangUp('a message without an id')
    const { response, body: answer } = await answerTo(request, body, id, signer, log)
    if (body.length > MAX_BODY_BYTES && !socket.destroyed) hold(-body.length)
    if (!socket.destroyed) sendFrame(socket, response, answer)
    inFlight -= 1
    readOrWait()
  }

  function readOrWait(): void {
    if (finishing && inFlight === 0) return socket.destroySoon()
    const busy = inFlight >= MAX_IN_FLIGHT || socket.writableLength > MAX_UNSENT_BYTES
    if (finishing || busy) socket.pause()
    else socket.resume()
  }

  function hangUp(why: string): void {
    log('warn', 'signer.connection_refused', { why })
    socket.destroy()
  }

  function watchHalfMessage(): void {
    clearTimeout(halfMessage)
    if (reader.midway) halfMessage = setTimeout(() => hangUp('half a message'), HALF_MESSAGE_MS)
  }

  socket.on('data', (chunk: Buffer) => {
    try {
      for (const frame of reader.push(chunk)) void serve(frame)
    } catch (error) {
      hangUp(error instanceof Error ? error.message : 'unreadable')
    }
    if (!socket.destroyed) watchHalfMessage()
    readOrWait()
  })
  socket.on('drain', readOrWait)
  socket.on('error', (error) => log('warn', 'signer.connection_broke', { why: error.message }))
  socket.once('close', () => {
    clearTimeout(halfMessage)
    hold(-held)
  })

  return {
    finish() {
      finishing = true
      readOrWait()
    },
    destroy: () => socket.destroy(),
  }
}

/** Never rejects: what is not a Refusal is logged here and told to nobody. */
async function answerTo(
  request: Request | null,
  body: Buffer,
  id: number,
  signer: Signer,
  log: Log,
): Promise<{ response: Response; body: Uint8Array }> {
  if (request === null)
    return refused(id, new Refusal('invalid_input', 'The signer has no such call.', { reason: 'unknown_call' }))
  const { call } = request
  try {
    const answer = await perform(request, body, signer)
    return { response: { id, result: { ...answer.result } }, body: answer.body }
  } catch (error) {
    if (!(error instanceof Refusal)) {
      log('error', 'signer.call_failed', { call, error: error instanceof Error ? error.message : 'unknown' })
      const reason = error instanceof KeyUnusable ? 'key_unusable' : 'signer_failed'
      return refused(
        id,
        new Refusal('unavailable', 'The signer cannot do this now: try again in a moment.', { reason }),
      )
    }
    log('warn', 'signer.refused', { call, code: error.code, reason: error.reason, detail: error.detail })
    return refused(id, error)
  }
}

async function perform(request: Request, body: Buffer, signer: Signer): Promise<Answer> {
  switch (request.call) {
    case 'generateKey': {
      const { keyId, spki } = await signer.generateKey(request)
      return { result: { keyId }, body: spki }
    }
    case 'publicKey': {
      const { spki, ...result } = await signer.publicKey(request.keyId)
      return { result, body: spki }
    }
    case 'signCertificate':
      return { result: {}, body: await signer.signCertificate(request.certificateId) }
    case 'signCrl':
      return { result: {}, body: await signer.signCrl(request.authorityId, body, request.shard ?? null) }
    case 'signScepReply':
      return { result: {}, body: await signer.signScepReply(request.keyId, request.digest, body) }
    case 'signProfile':
      return { result: {}, body: await signer.signProfile(request.keyId, new Date(request.signedAt), body) }
    case 'signScepNextCertificates':
      return { result: {}, body: await signer.signScepNextCertificates(request.keyId, body) }
    case 'decryptScep':
      return { result: {}, body: await signer.decryptScep(request.keyId, body, request.oaep) }
    case 'signOcspResponse':
      return { result: {}, body: await signer.signOcspResponse(request.keyId, body) }
    case 'signClientAssertion':
      return { result: {}, body: await signer.signClientAssertion(request.keyId, body) }
    case 'signOwnCertificate':
      return { result: {}, body: await signer.signOwnCertificate(request.keyId, body) }
    case 'mac':
      return { result: {}, body: await signer.mac(request.purpose, body) }
    case 'seal':
      return { result: {}, body: await signer.seal(request.purpose, request.rowId, body) }
    case 'open':
      return { result: {}, body: await signer.open(request.purpose, request.rowId, body) }
    case 'challengeHandles':
      return { result: {}, body: Buffer.concat(await signer.challengeHandles(body)) }
    case 'sealChallenge': {
      const { endpointId, challengeId, ttlSeconds } = request
      return {
        result: {},
        body: await signer.sealChallenge({ endpointId, challengeId, constraintsSha256: body }, ttlSeconds),
      }
    }
    case 'openSealedChallenge': {
      const opened = await signer.openSealedChallenge(request.endpointId, body)
      return { result: { challengeId: opened?.challengeId ?? null }, body: opened?.constraintsSha256 ?? NOTHING }
    }
    case 'openToken': {
      const opened = await signer.openToken(request.keyId, body)
      return { result: { opened: opened !== null }, body: opened ?? NOTHING }
    }
    case 'readPkcs12': {
      const { algorithm, certificates } = await withPassword(body, (file) => signer.readPkcs12(file))
      return { result: { algorithm }, body: Buffer.concat(certificates) }
    }
    case 'importKey': {
      const { keyId, spki } = await withPassword(body, (file) => signer.importKey(request, file))
      return { result: { keyId }, body: spki }
    }
    case 'signAuthorityRequest':
      return { result: {}, body: await signer.signAuthorityRequest(request.keyId, body) }
    case 'sealedKey':
      return { result: {}, body: await signer.sealedKey(request.keyId) }
    case 'checkSealedKey':
      return { result: await signer.checkSealedKey(body), body: NOTHING }
    case 'dropKey':
      await signer.dropKey(body)
      return { result: {}, body: NOTHING }
    case 'restoreKey':
      return { result: await signer.restoreKey(body), body: NOTHING }
    case 'status':
      return { result: await signer.status(), body: NOTHING }
  }
}

/** Nothing of it outlives the call: the frame's body is wiped, which holds the password and perhaps a key. */
async function withPassword<T>(body: Buffer, work: (file: Pkcs12File) => Promise<T>): Promise<T> {
  try {
    return await work(unpackPkcs12(body))
  } finally {
    body.fill(0)
  }
}

/** Texts are cut so that the answer always fits its header. */
function refused(id: number, refusal: Refusal): { response: Response; body: Uint8Array } {
  const { code, sentence, reason, detail, retryAfterSeconds } = refusal
  return {
    response: {
      id,
      refusal: {
        code: asRefusalCode(code),
        sentence,
        reason,
        detail: detail.slice(0, 500),
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      },
    },
    body: NOTHING,
  }
}
