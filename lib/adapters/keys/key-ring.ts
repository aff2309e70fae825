/** The private keys of the database: made, opened at first use, and kept open for the next. */
import { createHash, generateKeyPair, randomUUID } from 'node:crypto'
import type pg from 'pg'
import { Refusal } from '@/lib/errors'
import type { KeyAlgorithm, KeyPurpose } from '@/lib/services/signer'
import { type Kek, KeyUnusable, openKey, sealKey } from './envelope'
import { adoptKey, findKey, insertKey, type KeyRow, type NewKeyRow } from './key-rows'
import type { Log } from './log'
import { Algorithm, Purpose } from './signer-protocol'
import { SigningKey } from './signing-key'

/** An RSA 4096 key takes seconds of a thread: more at once would starve the journal's syncs, more waiting are a flood. */
const MAX_GENERATING = 2
const MAX_WAITING = 32

export interface KeyRing {
  get(keyId: string): Promise<SigningKey>
  make(request: { purpose: KeyPurpose; algorithm: KeyAlgorithm; ownerId: string }): Promise<SigningKey>
  /** Keeps a key that came in a file, and wipes the bytes. Null when something uses it already. */
  adopt(
    request: { purpose: KeyPurpose; algorithm: KeyAlgorithm; ownerId: string },
    pkcs8: Buffer,
  ): Promise<SigningKey | null>
  /** From here on it is read anew. */
  forget(keyId: string): void
  readonly size: number
}

/** `capacity` bounds the keys kept open, because their secret parts lie in the secure heap, which does not grow. */
export function createKeyRing({
  pool,
  kek,
  log,
  capacity = 500,
}: {
  pool: pg.Pool
  kek: Kek
  log: Log
  capacity?: number
}): KeyRing {
  const open = new Map<string, Promise<SigningKey>>()
  const turn = takeTurns(MAX_GENERATING, MAX_WAITING)

  function get(keyId: string): Promise<SigningKey> {
    const loading = open.get(keyId) ?? load(keyId)
    // Most recently used last; the first one goes when there are too many.
    open.delete(keyId)
    open.set(keyId, loading)
    const [oldest] = open.keys()
    if (open.size > capacity && oldest !== undefined) open.delete(oldest)
    return loading
  }

  async function load(keyId: string): Promise<SigningKey> {
    try {
      const row = await findKey(pool, keyId)
      if (row === null) throw new Refusal('not_found', 'There is no such key.', { reason: 'key_unknown' })
      return importKey(row, kek)
    } catch (error) {
      open.delete(keyId)
      if (error instanceof KeyUnusable) log('error', 'key.use_failed', { keyId })
      throw error
    }
  }

  async function make(request: { purpose: KeyPurpose; algorithm: KeyAlgorithm; ownerId: string }): Promise<SigningKey> {
    const pkcs8 = await turn(() => generatePkcs8(request.algorithm))
    const key = await keep(request, pkcs8, async (row) => {
      await insertKey(pool, row)
      return true
    })
    if (key === null) throw new Error('a key that was just made is there already')
    return key
  }

  async function keep(
    request: { purpose: KeyPurpose; algorithm: KeyAlgorithm; ownerId: string },
    pkcs8: Buffer,
    insert: (row: NewKeyRow) => Promise<boolean>,
  ): Promise<SigningKey | null> {
    const keyId = randomUUID()
    // A copy is sealed after the original was imported, checked and wiped.
    const copy = Buffer.from(pkcs8)
    try {
      const { spki } = SigningKey.take(pkcs8, { keyId, ...request })
      const spkiSha256 = createHash('sha256').update(spki).digest()
      const identity = { keyId, ...request, spkiSha256 }
      if (!(await insert({ ...identity, publicKey: spki, ...sealKey(copy, identity, kek) }))) return null
    } finally {
      copy.fill(0)
    }
    // From the row, not from memory: what is handed out has been seen to open.
    return get(keyId)
  }

  return {
    get,
    make,
    adopt: (request, pkcs8) => keep(request, pkcs8, (row) => adoptKey(pool, row)),
    forget: (keyId) => void open.delete(keyId),
    get size() {
      return open.size
    },
  }
}

/** Opens a row. Whatever is wrong with it, the answer is the same. */
export function importKey(row: KeyRow, kek: Kek): SigningKey {
  const algorithm = Algorithm.safeParse(row.algorithm)
  const purpose = Purpose.safeParse(row.purpose)
  if (!algorithm.success || !purpose.success) throw new KeyUnusable(row.keyId)
  const facts = { keyId: row.keyId, ownerId: row.ownerId, algorithm: algorithm.data, purpose: purpose.data }
  const pkcs8 = openKey(row, { ...facts, spkiSha256: row.spkiSha256 }, kek)
  try {
    const key = SigningKey.take(pkcs8, facts)
    const derived = createHash('sha256').update(key.spki).digest()
    if (!derived.equals(row.spkiSha256) || !key.spki.equals(row.publicKey)) throw new Error('another public key')
    return key
  } catch {
    throw new KeyUnusable(row.keyId)
  }
}

/** In the background: an RSA 4096 key takes seconds. */
function generatePkcs8(algorithm: KeyAlgorithm): Promise<Buffer> {
  const encodings = {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  } as const
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, _publicKey: Buffer, privateKey: Buffer) =>
      error ? reject(error) : resolve(privateKey)
    switch (algorithm) {
      case 'p256':
        return generateKeyPair('ec', { namedCurve: 'P-256', ...encodings }, done)
      case 'p384':
        return generateKeyPair('ec', { namedCurve: 'P-384', ...encodings }, done)
      case 'rsa2048':
      case 'rsa3072':
      case 'rsa4096':
        return generateKeyPair(
          'rsa',
          { modulusLength: Number(algorithm.slice(3)), publicExponent: 0x10001, ...encodings },
          done,
        )
    }
  })
}

/** Runs at most `running` tasks at once, keeps at most `waiting` more, and refuses the rest. */
export function takeTurns(running: number, waiting: number) {
  let active = 0
  const queue: (() => void)[] = []
  return async <T>(task: () => Promise<T>): Promise<T> => {
    if (active >= running) {
      if (queue.length >= waiting) {
        throw new Refusal('rate_limited', 'Too many keys are being made or imported: try again in a minute.', {
          reason: 'key_generation_ceiling',
          retryAfterSeconds: 60,
        })
      }
      await new Promise<void>((resolve) => queue.push(resolve))
    } else {
      active += 1
    }
    try {
      return await task()
    } finally {
      const next = queue.shift()
      if (next === undefined) active -= 1
      else next()
    }
  }
}
