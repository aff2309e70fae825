/** Password hashes: argon2id, peppered by the signer, a few at a time. */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Refusal } from '@/lib/errors'
import type { Signer } from './signer'

export interface Argon2Parameters {
  memoryKib: number
  passes: number
  parallelism: number
}

export interface PasswordDeps {
  signer: Pick<Signer, 'mac'>
  /** Only tests make it cheaper. */
  parameters?: Argon2Parameters
  /** Stands in for the real one in tests of the queue. */
  argon2id?: typeof argon2id
}

export interface Passwords {
  /** The PHC string to store. Refusals: unavailable, when too many people sign in at once. */
  hash(password: string): Promise<string>
  /**
   * Whether the password belongs to the stored hash, and whether that hash is weaker than today's. Without a hash it
   * does the same work and answers no, so that a stranger cannot tell an unknown account by the time it takes.
   */
  verify(password: string, stored: string | null): Promise<{ matches: boolean; outdated: boolean }>
}

/** security.md §6.1: 129 ms on two cores; four at once stay within 256 MiB. */
const PARAMETERS: Argon2Parameters = { memoryKib: 65_536, passes: 3, parallelism: 4 }
const SALT_BYTES = 16
const TAG_BYTES = 32
const AT_ONCE = 4
const QUEUE = 50

export function createPasswords({
  signer,
  parameters = PARAMETERS,
  argon2id: stretch = argon2id,
}: PasswordDeps): Passwords {
  const queue = createQueue(AT_ONCE, QUEUE)

  /** The pepper is a key only the signer has: a stolen database is no use for guessing. */
  async function pepperedTag(password: string, salt: Uint8Array, cost: Argon2Parameters): Promise<Uint8Array> {
    const tag = await queue(() => stretch(password, salt, cost))
    return signer.mac('pepper', tag)
  }

  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES)
      return formatPhc({ ...parameters, salt, tag: await pepperedTag(password, salt, parameters) })
    },

    async verify(password, stored) {
      const known = stored === null ? null : parsePhc(stored)
      const cost = known ?? parameters
      const tag = await pepperedTag(password, known?.salt ?? randomBytes(SALT_BYTES), cost)
      const expected = known?.tag ?? randomBytes(TAG_BYTES)
      const matches = timingSafeEqual(tag, expected) && known !== null
      return { matches, outdated: matches && isWeaker(cost, parameters) }
    },
  }
}

/** NFC, so that one keyboard's composed letters equal another's; nothing else is touched. */
function argon2id(password: string, salt: Uint8Array, cost: Argon2Parameters): Promise<Uint8Array> {
  return promisify(argon2)('argon2id', {
    message: Buffer.from(password.normalize('NFC'), 'utf8'),
    nonce: salt,
    memory: cost.memoryKib,
    passes: cost.passes,
    parallelism: cost.parallelism,
    tagLength: TAG_BYTES,
  })
}

function isWeaker(stored: Argon2Parameters, wanted: Argon2Parameters): boolean {
  return stored.memoryKib < wanted.memoryKib || stored.passes < wanted.passes || stored.parallelism < wanted.parallelism
}

interface Phc extends Argon2Parameters {
  salt: Uint8Array
  tag: Uint8Array
}

function formatPhc({ memoryKib, passes, parallelism, salt, tag }: Phc): string {
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`
}

function parsePhc(stored: string): Phc {
  const match =
    /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/.exec(stored)
  if (!match) throw new Error('a stored password hash is malformed')
  const [, memory, passes, parallelism, salt, tag] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  return {
    memoryKib: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  }
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '')
}

/** At most `running` at once and `waiting` in line; whoever comes after that is told to come back. */
function createQueue(running: number, waiting: number): <T>(work: () => Promise<T>) => Promise<T> {
  let active = 0
  const line: (() => void)[] = []
  return async (work) => {
    if (active < running) active += 1
    else if (line.length >= waiting) {
      throw new Refusal('unavailable', 'Too many people are signing in right now. Try again in a minute.', {
        reason: 'password_queue_full',
        retryAfterSeconds: 60,
      })
    } else await new Promise<void>((turn) => line.push(turn))
    try {
      return await work()
    } finally {
      const next = line.shift()
      // The place is handed over, not given back, so that nobody slips in between.
      if (next) next()
      else active -= 1
    }
  }
}
