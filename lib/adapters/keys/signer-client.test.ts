/** A signer that is lost, slow or strange is a refusal, never a hang or a crash; and one that returns is found again. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FrameReader, frameHead } from './frames'
import { signerClient } from './signer-client'
import { startSigner } from './testing/organisation'

const LOST = { code: 'unavailable', reason: 'signer_unavailable' }

describe('a real signer', () => {
  test('that is stopped is unavailable, and answers again once it is back', async () => {
    const it = await startSigner()
    const { keyId, spki } = await it.signer.generateKey({ purpose: 'issuer', algorithm: 'p256', ownerId: randomUUID() })
    await it.stop()
    const client = signerClient(it.socketPath, { connectPatienceMs: 100 })
    await expect(client.status()).rejects.toMatchObject(LOST)
    const waiting = signerClient(it.socketPath, { connectPatienceMs: 5_000 }).publicKey(keyId)
    await it.restart()
    expect(await waiting).toMatchObject({ spki })
    expect(await client.publicKey(keyId)).toMatchObject({ spki })
    expect(await it.signer.publicKey(keyId)).toMatchObject({ spki })
    client.close()
    await it.end()
  })

  test('answers what is under way before it stops', async () => {
    const it = await startSigner()
    const underWay = it.signer.generateKey({ purpose: 'root', algorithm: 'rsa3072', ownerId: randomUUID() })
    await new Promise((resolve) => setTimeout(resolve, 50))
    await it.stop()
    expect((await underWay).spki.length).toBeGreaterThan(400)
    await it.restart()
    await it.end()
  })

  test('whose database is gone is not ready, and refuses', async () => {
    const it = await startSigner()
    await it.pool.query('alter table key rename to lost')
    await expect(it.signer.publicKey(randomUUID())).rejects.toMatchObject({
      code: 'unavailable',
      reason: 'signer_failed',
    })
    await it.end()
  })
})

describe('a strange signer', () => {
  let folder: string
  let path: string
  let server: Server
  let answer: (socket: Socket, id: number) => void
  const sockets = new Set<Socket>()
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-client-'))
    path = join(folder, 's.sock')
    server = createServer((socket) => {
      sockets.add(socket)
      const reader = new FrameReader(() => true)
      socket.on('data', (chunk) => {
        for (const { header } of reader.push(chunk)) answer(socket, (header as { id: number }).id)
      })
      socket.on('error', () => {})
    }).listen(path)
    await once(server, 'listening')
  })
  afterEach(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
    rmSync(folder, { recursive: true })
  })

  const reply = (socket: Socket, header: object, body = Buffer.alloc(0)) =>
    socket.write(Buffer.concat([frameHead(header, body.length), body]))

  test('that never answers is given up after the time-out', async () => {
    answer = () => {}
    const client = signerClient(path, { callTimeoutMs: 50 })
    await expect(client.mac('challenge', Buffer.alloc(1))).rejects.toMatchObject(LOST)
  })

  test('that answers too late does not confuse the next call', async () => {
    answer = (socket, id) => setTimeout(() => reply(socket, { id, result: {} }, Buffer.of(id)), id === 1 ? 80 : 0)
    const client = signerClient(path, { callTimeoutMs: 40 })
    await expect(client.mac('challenge', Buffer.alloc(1))).rejects.toMatchObject(LOST)
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(await client.mac('challenge', Buffer.alloc(1))).toEqual(Buffer.of(2))
  })

  test('that answers in another order is understood', async () => {
    answer = (socket, id) => setTimeout(() => reply(socket, { id, result: {} }, Buffer.of(id)), 40 - id * 10)
    const client = signerClient(path)
    const answers = await Promise.all([1, 2, 3].map(() => client.mac('challenge', Buffer.alloc(1))))
    expect(answers).toEqual([Buffer.of(1), Buffer.of(2), Buffer.of(3)])
  })

  test.each<[string, (socket: Socket, id: number) => void]>([
    ['hangs up', (socket) => socket.destroy()],
    ['talks nonsense', (socket) => socket.write(Buffer.alloc(64, 0xff))],
    ['answers in another shape', (socket, id) => reply(socket, { id, answer: 1 })],
    ["leaves out the result's fields", (socket, id) => reply(socket, { id, result: {} })],
    [
      "adds to the result's fields",
      (socket, id) =>
        reply(socket, { id, result: { ready: true, kekId: '', keysLoaded: 0, uptimeSeconds: 0, kek: 'x' } }),
    ],
    [
      'refuses with a word of its own',
      (socket, id) => reply(socket, { id, refusal: { code: 'granted', sentence: '', reason: '', detail: '' } }),
    ],
  ])('that %s is unavailable', async (_what, behaviour) => {
    answer = behaviour
    const client = signerClient(path, { callTimeoutMs: 2_000 })
    await expect(Promise.all([client.status(), client.status()])).rejects.toMatchObject(LOST)
  })

  test('is asked nothing that is too large', async () => {
    answer = () => {}
    const client = signerClient(path)
    await expect(client.mac('challenge', Buffer.alloc(262_145))).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(client.signCrl(randomUUID(), Buffer.alloc(64 * 1024 * 1024 + 1), null)).rejects.toMatchObject({
      code: 'invalid_input',
    })
  })

  test('is asked nothing once the client is closed', async () => {
    answer = (socket, id) => reply(socket, { id, result: {} })
    const client = signerClient(path)
    await client.mac('challenge', Buffer.alloc(1))
    client.close()
    await expect(client.mac('challenge', Buffer.alloc(1))).rejects.toMatchObject(LOST)
  })
})
