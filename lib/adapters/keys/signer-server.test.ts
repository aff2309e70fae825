/** Whatever arrives on the signer's socket, it goes on answering everybody else. */
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FrameReader, frameHead, MAX_BODY_BYTES, MAX_CRL_BYTES } from './frames'
import { serveSigner } from './signer-server'
import { StartupFault } from './startup-fault'
import { type SignerUnderTest, startSigner } from './testing/organisation'

let it: SignerUnderTest
beforeAll(async () => {
  it = await startSigner()
})
afterAll(() => it.end())

async function dial(): Promise<Socket> {
  const socket = connect(it.socketPath)
  await once(socket, 'connect')
  socket.on('error', () => {})
  return socket
}

async function stillAnswers(): Promise<void> {
  expect(await it.signer.mac('challenge', Buffer.from('x'))).toHaveLength(32)
}

/** Sends bytes and resolves once the signer hangs up. */
async function hangsUpAfter(...bytes: Uint8Array[]): Promise<void> {
  const socket = await dial()
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.resume()
  for (const part of bytes) socket.write(part)
  await closed
}

/** Sends bytes and collects `count` answers. */
async function answersTo(
  count: number,
  ...bytes: Uint8Array[]
): Promise<{ header: { id: number; result?: object; refusal?: { code: string } }; body: Buffer }[]> {
  const socket = await dial()
  const reader = new FrameReader(() => true)
  const answers: { header: unknown; body: Buffer }[] = []
  const all = new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      answers.push(...reader.push(chunk))
      if (answers.length >= count) resolve()
    })
    socket.on('close', () => reject(new Error('hung up')))
  })
  for (const part of bytes) socket.write(part)
  await all
  socket.destroy()
  return answers as never
}

function frame(header: object, body: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([frameHead(header, body.length), body])
}

function lengths(header: number, body: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32BE(header, 0)
  bytes.writeUInt32BE(body, 4)
  return bytes
}

function raw(header: string | Buffer): Buffer {
  return Buffer.concat([lengths(Buffer.byteLength(header), 0), Buffer.from(header)])
}

test('only the owner can reach the socket', () => {
  expect(statSync(it.socketPath).mode & 0o777).toBe(0o600)
  expect(statSync(dirname(it.socketPath)).mode & 0o777).toBe(0o700)
})

describe('hostile bytes', () => {
  test.each<[string, Buffer]>([
    ['noise', Buffer.concat([Buffer.from([0xff]), randomBytes(65_536)])],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a header of 4 GiB', lengths(0xffffffff, 0)],
    ['a header of no length', lengths(0, 0)],
    ['a header over the limit', lengths(4097, 0)],
    ['a body of 4 GiB', lengths(20, 0xffffffff)],
    ['a body over every limit', lengths(20, MAX_CRL_BYTES + 1)],
    ['a header that is no JSON', raw('{"id":1,"call":')],
    ['a header that is no object', raw('"status"')],
    ['a header that is not UTF-8', raw(Buffer.from([0x22, 0xff, 0xfe, 0x22]))],
    ['arrays within arrays', raw('['.repeat(2_000) + ']'.repeat(2_000))],
    ['a message without an id', raw('{"call":"status"}')],
    ['an id that is no number', raw('{"id":"1","call":"status"}')],
    ['a body where none belongs', frame({ id: 1, call: 'status' }, Buffer.alloc(1))],
  ])('%s: the signer hangs up and goes on', async (_what, bytes) => {
    await hangsUpAfter(bytes)
    await stillAnswers()
  })

  test('a large body is announced: only a list may have one', async () => {
    await hangsUpAfter(frameHead({ id: 1, call: 'mac', purpose: 'challenge' }, MAX_BODY_BYTES + 1))
    await hangsUpAfter(frameHead({ id: 1, call: 'nonsense' }, MAX_BODY_BYTES + 1))
    const limit = frame({ id: 1, call: 'mac', purpose: 'challenge' }, Buffer.alloc(MAX_BODY_BYTES))
    expect(await answersTo(1, limit)).toMatchObject([{ header: { id: 1, result: {} } }])
  })

  test('lists that together would fill the memory are not taken', async () => {
    const head = frameHead({ id: 1, call: 'signCrl', authorityId: randomUUID() }, MAX_CRL_BYTES)
    const waiting = await Promise.all([1, 2, 3].map(dial))
    for (const socket of waiting) socket.write(head)
    await stillAnswers()
    await hangsUpAfter(head)
    for (const socket of waiting) socket.destroy()
    await expect
      .poll(() =>
        answersTo(1, frame({ id: 2, call: 'signCrl', authorityId: randomUUID() }, Buffer.alloc(MAX_BODY_BYTES + 1))),
      )
      .toMatchObject([{ header: { refusal: { code: 'not_found' } } }])
  })

  test('half a message, and then nothing or the end, harms nobody', async () => {
    const whole = frame({ id: 1, call: 'mac', purpose: 'challenge' }, Buffer.alloc(100))
    const sockets: Socket[] = []
    for (let length = 1; length < whole.length; length += 7) {
      const socket = await dial()
      socket.write(whole.subarray(0, length))
      if (length % 2 === 0) socket.destroy()
      else sockets.push(socket)
    }
    await stillAnswers()
    for (const socket of sockets) socket.destroy()
  })

  test('a caller that leaves before its answer harms nobody', async () => {
    for (let round = 0; round < 20; round++) {
      const socket = await dial()
      socket.write(frame({ id: 1, call: 'generateKey', purpose: 'issuer', algorithm: 'p256', ownerId: randomUUID() }))
      socket.destroy()
    }
    await stillAnswers()
  })

  test.each<[string, object]>([
    ['an unknown call', { id: 7, call: 'exportKey', keyId: randomUUID() }],
    ['no call', { id: 7 }],
    ['an unknown field', { id: 7, call: 'status', verbose: true }],
    ['a missing field', { id: 7, call: 'publicKey' }],
    ['a field of another type', { id: 7, call: 'publicKey', keyId: 1 }],
    ['an id that is no UUID', { id: 7, call: 'publicKey', keyId: `${randomUUID()}' or true --` }],
    ['an unknown purpose', { id: 7, call: 'generateKey', purpose: 'admin', algorithm: 'p256', ownerId: randomUUID() }],
    [
      'an unknown algorithm',
      { id: 7, call: 'generateKey', purpose: 'root', algorithm: 'rsa512', ownerId: randomUUID() },
    ],
    ['an unknown digest', { id: 7, call: 'signScepReply', keyId: randomUUID(), digest: 'md5' }],
    ['an unknown MAC', { id: 7, call: 'mac', purpose: 'kek-check' }],
    ['a name that every object has', { id: 7, call: 'constructor' }],
    ['a prototype', JSON.parse('{"id":7,"call":"status","__proto__":{"admin":true}}')],
  ])('%s is refused, and the connection goes on', async (_what, request) => {
    const [refused, answered] = await answersTo(2, frame(request), frame({ id: 8, call: 'status' }))
    expect(refused?.header).toMatchObject({ id: 7, refusal: { code: 'invalid_input' } })
    expect(answered?.header).toMatchObject({ id: 8, result: { ready: true } })
  })
})

describe('pipelining', () => {
  test('a thousand requests in one piece are all answered', async () => {
    const requests = Array.from({ length: 1_000 }, (_, i) =>
      frame({ id: i + 1, call: 'mac', purpose: 'challenge' }, Buffer.from(String(i))),
    )
    const answers = await answersTo(1_000, Buffer.concat(requests))
    expect(new Set(answers.map(({ header }) => header.id)).size).toBe(1_000)
  })

  test('a request that dribbles in byte by byte is answered', async () => {
    const bytes = frame({ id: 1, call: 'mac', purpose: 'challenge' }, Buffer.from('x'))
    const [answer] = await answersTo(1, ...Array.from(bytes, (byte) => Buffer.of(byte)))
    expect(answer?.body).toEqual(Buffer.from(await it.signer.mac('challenge', Buffer.from('x'))))
  })

  test('a caller that does not read its answers is not read either', async () => {
    const socket = await dial()
    socket.pause()
    const request = frame({ id: 1, call: 'mac', purpose: 'challenge' }, Buffer.alloc(1))
    for (let i = 0; i < 200; i++) socket.write(Buffer.concat(Array.from({ length: 200 }, () => request)))
    await stillAnswers()
    socket.destroy()
  })
})

describe("the socket's place", () => {
  const nobody = {} as never
  test('a folder that others can enter is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-socket-'))
    chmodSync(folder, 0o755)
    await expect(serveSigner(join(folder, 'signer.sock'), nobody, () => {})).rejects.toThrow(/chmod 700/)
    rmSync(folder, { recursive: true })
  })

  test('a path that would be cut short is refused', async () => {
    await expect(serveSigner(`/tmp/${'x'.repeat(100)}/signer.sock`, nobody, () => {})).rejects.toThrow(/longer than/)
  })

  test('a folder that cannot be made is refused', async () => {
    await expect(serveSigner('/dev/null/run/signer.sock', nobody, () => {})).rejects.toThrow(StartupFault)
  })

  test('a socket that somebody listens on is not taken away', async () => {
    await expect(serveSigner(it.socketPath, nobody, () => {})).rejects.toThrow(/is listening/)
    await stillAnswers()
  })

  test('a file that is left in its place is replaced', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-socket-'))
    mkdirSync(join(folder, 'run'), { mode: 0o700 })
    const path = join(folder, 'run', 's.sock')
    const server = await serveSigner(path, nobody, () => {})
    await server.close()
    const again = await serveSigner(path, nobody, () => {})
    await again.close()
    rmSync(folder, { recursive: true })
  })
})
