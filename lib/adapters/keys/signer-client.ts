/** The signer as services see it: calls over its Unix socket, many at once, reconnecting when it was restarted. */
import { connect, type Socket } from 'node:net'
import type { z } from 'zod'
import { Refusal } from '@/lib/errors'
import type { Pkcs12File, Signer } from '@/lib/services/signer'
import { type Frame, FrameReader, MAX_BODY_BYTES, MAX_CRL_BYTES, sendFrame } from './frames'
import { packPkcs12, splitDer } from './pkcs12-frame'
import { type CallName, RESULT, type Request, Response } from './signer-protocol'

export interface SignerClientOptions {
  callTimeoutMs?: number
  generateKeyTimeoutMs?: number
  /** How long a call waits for a signer that is just being restarted; nothing was sent yet, so nothing is repeated. */
  connectPatienceMs?: number
}

type Call<K extends CallName> = Omit<Extract<Request, { call: K }>, 'id'>
type Result<K extends CallName> = { result: z.infer<(typeof RESULT)[K]>; body: Buffer }
type Settle = (outcome: { header: Response; body: Buffer } | { lost: string }) => void

const NOTHING = new Uint8Array(0)
/** Making a key takes seconds, and so does a file whose password costs a million rounds. */
const TAKES_LONG: ReadonlySet<CallName> = new Set(['generateKey', 'readPkcs12', 'importKey'])
/** HMAC-SHA-256. */
const MAC_BYTES = 32
const RECONNECT_EVERY_MS = 50
/** What connect() says while a signer is being restarted; anything else will not pass by waiting. */
const RESTARTING = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EAGAIN'])

export function signerClient(socketPath: string, options: SignerClientOptions = {}): Signer & { close(): void } {
  const { callTimeoutMs = 10_000, generateKeyTimeoutMs = 120_000, connectPatienceMs = 1_000 } = options
  let connection: Promise<Connection> | undefined
  let closed = false

  function connected(): Promise<Connection> {
    if (connection !== undefined) return connection
    const opening = openConnection(socketPath, connectPatienceMs, () => closed)
    connection = opening
    const forget = () => {
      if (connection === opening) connection = undefined
    }
    opening.then((open) => open.whenLost(forget), forget)
    return opening
  }

  async function call<K extends CallName>(
    request: Call<K> & { call: K },
    body: Uint8Array = NOTHING,
  ): Promise<Result<K>> {
    const limit = request.call === 'signCrl' ? MAX_CRL_BYTES : MAX_BODY_BYTES
    if (body.length > limit)
      throw new Refusal('invalid_input', 'This is larger than the signer takes.', { reason: 'too_large' })
    if (closed) throw lost('the client was closed')
    const timeoutMs = TAKES_LONG.has(request.call) ? generateKeyTimeoutMs : callTimeoutMs
    const answer = await (await connected()).send(request, body, timeoutMs)
    if ('refusal' in answer.header) {
      const { code, sentence, ...more } = answer.header.refusal
      throw new Refusal(code, sentence, withoutUndefined(more))
    }
    const result = RESULT[request.call].safeParse(answer.header.result)
    if (!result.success) throw lost('it gave an answer of another shape')
    return { result: result.data as z.infer<(typeof RESULT)[K]>, body: answer.body }
  }

  return {
    async generateKey({ purpose, algorithm, ownerId }) {
      const { result, body } = await call({ call: 'generateKey', purpose, algorithm, ownerId })
      return { keyId: result.keyId, spki: body }
    },
    async publicKey(keyId) {
      const { result, body } = await call({ call: 'publicKey', keyId })
      return { spki: body, algorithm: result.algorithm, purpose: result.purpose }
    },
    signCertificate: async (certificateId) => (await call({ call: 'signCertificate', certificateId })).body,
    signCrl: async (authorityId, tbs, shard) =>
      (await call({ call: 'signCrl', authorityId, ...(shard === null ? {} : { shard }) }, tbs)).body,
    signScepReply: async (keyId, digest, attributes) =>
      (await call({ call: 'signScepReply', keyId, digest }, attributes)).body,
    signScepNextCertificates: async (keyId, certificates) =>
      (await call({ call: 'signScepNextCertificates', keyId }, certificates)).body,
    decryptScep: async (keyId, encryptedKey, oaep) =>
      (await call({ call: 'decryptScep', keyId, ...(oaep === undefined ? {} : { oaep }) }, encryptedKey)).body,
    signOcspResponse: async (keyId, tbs) => (await call({ call: 'signOcspResponse', keyId }, tbs)).body,
    signProfile: async (keyId, signedAt, propertyList) =>
      (await call({ call: 'signProfile', keyId, signedAt: signedAt.getTime() }, propertyList)).body,
    signClientAssertion: async (keyId, input) => (await call({ call: 'signClientAssertion', keyId }, input)).body,
    signOwnCertificate: async (keyId, tbs) => (await call({ call: 'signOwnCertificate', keyId }, tbs)).body,
    mac: async (purpose, data) => (await call({ call: 'mac', purpose }, data)).body,
    seal: async (purpose, rowId, plaintext) => (await call({ call: 'seal', purpose, rowId }, plaintext)).body,
    open: async (purpose, rowId, sealed) => (await call({ call: 'open', purpose, rowId }, sealed)).body,
    async challengeHandles(data) {
      const { body } = await call({ call: 'challengeHandles' }, data)
      return Array.from({ length: body.length / MAC_BYTES }, (_, at) =>
        body.subarray(at * MAC_BYTES, (at + 1) * MAC_BYTES),
      )
    },
    sealChallenge: async ({ endpointId, challengeId, constraintsSha256 }, ttlSeconds) =>
      (await call({ call: 'sealChallenge', endpointId, challengeId, ttlSeconds }, constraintsSha256)).body,
    async openSealedChallenge(endpointId, sealed) {
      const { result, body } = await call({ call: 'openSealedChallenge', endpointId }, sealed)
      return result.challengeId === null
        ? null
        : { endpointId, challengeId: result.challengeId, constraintsSha256: body }
    },
    async openToken(keyId, token) {
      const { result, body } = await call({ call: 'openToken', keyId }, token)
      return result.opened ? body : null
    },
    async readPkcs12(file) {
      const { result, body } = await withPassword(file, (packed) => call({ call: 'readPkcs12' }, packed))
      return { algorithm: result.algorithm, certificates: splitDer(body) }
    },
    async importKey({ purpose, ownerId }, file) {
      const { result, body } = await withPassword(file, (packed) =>
        call({ call: 'importKey', purpose, ownerId }, packed),
      )
      return { keyId: result.keyId, spki: body }
    },
    signAuthorityRequest: async (keyId, subjectDer) =>
      (await call({ call: 'signAuthorityRequest', keyId }, subjectDer)).body,
    sealedKey: async (keyId) => (await call({ call: 'sealedKey', keyId })).body,
    checkSealedKey: async (sealed) => (await call({ call: 'checkSealedKey' }, sealed)).result,
    async dropKey(sealed) {
      await call({ call: 'dropKey' }, sealed)
    },
    restoreKey: async (sealed) => (await call({ call: 'restoreKey' }, sealed)).result,
    status: async () => (await call({ call: 'status' })).result,
    close() {
      closed = true
      connection?.then(
        (open) => open.hangUp(),
        () => {},
      )
    },
  }
}

async function withPassword<T>(file: Pkcs12File, work: (packed: Buffer) => Promise<T>): Promise<T> {
  const packed = packPkcs12(file)
  try {
    return await work(packed)
  } finally {
    packed.fill(0)
  }
}

interface Connection {
  send(request: object, body: Uint8Array, timeoutMs: number): Promise<{ header: Response; body: Buffer }>
  whenLost(listener: () => void): void
  hangUp(): void
}

async function openConnection(socketPath: string, patienceMs: number, isClosed: () => boolean): Promise<Connection> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    try {
      return multiplex(await dial(socketPath))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
      if (isClosed() || !RESTARTING.has(code) || Date.now() >= deadline) throw lost(`cannot connect (${code})`)
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_EVERY_MS))
    }
  }
}

function dial(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
    socket.once('error', reject)
  })
}

/** Many calls share the socket: each answer finds its call by the id. */
function multiplex(socket: Socket): Connection {
  const pending = new Map<number, Settle>()
  const listeners: (() => void)[] = []
  const reader = new FrameReader(() => true)
  let nextId = 1
  let down = false

  function drop(why: string): void {
    if (down) return
    down = true
    socket.destroy()
    for (const settle of pending.values()) settle({ lost: why })
    pending.clear()
    for (const listener of listeners) listener()
  }

  function deliver({ header, body }: Frame): void {
    const response = Response.safeParse(header)
    if (!response.success) return drop('it gave an answer of another shape')
    const settle = pending.get(response.data.id)
    pending.delete(response.data.id)
    settle?.({ header: response.data, body })
    // An idle connection must not keep a command alive that has nothing else to do.
    if (pending.size === 0) socket.unref()
  }

  socket.on('data', (chunk: Buffer) => {
    try {
      for (const frame of reader.push(chunk)) deliver(frame)
    } catch {
      drop('it does not speak our protocol')
    }
  })
  socket.on('error', () => drop('the connection broke'))
  socket.on('close', () => drop('the connection was closed'))
  socket.unref()

  return {
    send(request, body, timeoutMs) {
      return new Promise((resolve, reject) => {
        if (down) return reject(lost('the connection was closed'))
        const id = nextId
        nextId = nextId === 2 ** 32 ? 1 : nextId + 1
        const timer = setTimeout(() => {
          pending.delete(id)
          if (pending.size === 0) socket.unref()
          reject(lost(`no answer within ${timeoutMs} ms`))
        }, timeoutMs)
        pending.set(id, (outcome) => {
          clearTimeout(timer)
          if ('lost' in outcome) reject(lost(outcome.lost))
          else resolve(outcome)
        })
        socket.ref()
        sendFrame(socket, { id, ...request }, body)
      })
    },
    whenLost(listener) {
      if (down) listener()
      else listeners.push(listener)
    },
    hangUp: () => drop('the client was closed'),
  }
}

function lost(why: string): Refusal {
  return new Refusal('unavailable', 'The signer does not answer: try again in a moment.', {
    reason: 'signer_unavailable',
    detail: `signer: ${why}`,
  })
}

function withoutUndefined(more: { reason: string; detail: string; retryAfterSeconds?: number | undefined }) {
  const { retryAfterSeconds, ...rest } = more
  return retryAfterSeconds === undefined ? rest : { ...rest, retryAfterSeconds }
}
