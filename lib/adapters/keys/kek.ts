/** Where the key-encryption key comes from: a variable, a file, or a file of ours made at the first start. */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { Kek } from './envelope'
import { StartupFault } from './startup-fault'

/** Given as a value, or in a file, which may be made when it is our own default and missing. As lib/config.ts says it. */
export type KekSource = { from: 'value'; bytes: Uint8Array } | { from: 'file'; path: string; create: boolean }

export interface LoadedKek {
  kek: Kek
  /** The file that was made just now and has to be backed up; null otherwise. */
  createdFile: string | null
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const MAKE_ONE = 'Make one with: openssl rand -base64 32.'

/**
 * `databaseHasKeys` forbids making a new KEK: it could not open them, and would hide that theirs is lost. A value is
 * wiped once it is taken.
 */
export function loadKek(source: KekSource, databaseHasKeys: boolean): LoadedKek {
  if (source.from === 'value') return { kek: takeKek(source.bytes, 'LATCHKEY_KEK'), createdFile: null }
  if (existsSync(source.path)) return { kek: readKekFile(source.path), createdFile: null }
  if (!source.create) throw new StartupFault(`The key-encryption key ${source.path} does not exist. ${MAKE_ONE}`)
  if (databaseHasKeys) {
    throw new StartupFault(
      `The database holds keys, but the key-encryption key that opens them is missing: put it back at ${source.path}, or set LATCHKEY_KEK or LATCHKEY_KEK_FILE.`,
    )
  }
  return { kek: makeKekFile(source.path), createdFile: source.path }
}

function readKekFile(file: string): Kek {
  const descriptor = open(file, constants.O_RDONLY | constants.O_NONBLOCK, 'read')
  try {
    const { mode, uid, size } = fstatSync(descriptor)
    if ((mode & constants.S_IFMT) !== constants.S_IFREG)
      throw new StartupFault(`The key-encryption key ${file} is not a regular file.`)
    if (uid !== process.getuid?.()) {
      throw new StartupFault(
        `The key-encryption key ${file} belongs to another user: make the user that runs Latchkey its owner.`,
      )
    }
    if ((mode & 0o7177) !== 0) {
      throw new StartupFault(`The key-encryption key ${file} can be read by others: run chmod 600 on it.`)
    }
    const bytes = Buffer.alloc(Math.min(size, 64))
    try {
      readSync(descriptor, bytes, 0, bytes.length, 0)
      return parseKek(bytes, file)
    } finally {
      bytes.fill(0)
    }
  } finally {
    closeSync(descriptor)
  }
}

/** Made and synced before anything is encrypted under it: a power cut cannot leave keys without their KEK. */
function makeKekFile(file: string): Kek {
  const secret = randomBytes(32)
  const text = encodeBase64(secret)
  const descriptor = open(
    file,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    'create',
  )
  try {
    fchmodSync(descriptor, 0o600)
    writeSync(descriptor, text)
    fsyncSync(descriptor)
    return Kek.take(secret)
  } finally {
    text.fill(0)
    secret.fill(0)
    closeSync(descriptor)
    syncFolder(file)
  }
}

function open(file: string, flags: number, verb: string): number {
  try {
    return openSync(file, flags, 0o600)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new StartupFault(`Cannot ${verb} the key-encryption key ${file} (${code}).`)
  }
}

function syncFolder(file: string): void {
  const folder = openSync(dirname(file), constants.O_RDONLY)
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** Exactly 32 bytes in base64, with one line break at most. Works on bytes, because a string cannot be wiped. */
function parseKek(text: Buffer, source: string): Kek {
  const secret = Buffer.alloc(33)
  try {
    const end = text.at(-1) === 0x0a ? (text.at(-2) === 0x0d ? -2 : -1) : text.length
    const digits = text.subarray(0, end)
    if (digits.length !== 44 || digits.at(-1) !== 0x3d) throw wrongForm(source)
    for (let i = 0; i < 44; i += 4) {
      const group = [0, 1, 2, 3].map((offset) =>
        i + offset === 43 ? 0 : ALPHABET.indexOf(String.fromCharCode(digits[i + offset] ?? 0)),
      )
      if (group.includes(-1)) throw wrongForm(source)
      const [a = 0, b = 0, c = 0, d = 0] = group
      secret.writeUIntBE((a << 18) | (b << 12) | (c << 6) | d, (i / 4) * 3, 3)
    }
    if (secret[32] !== 0) throw wrongForm(source)
    return takeKek(secret.subarray(0, 32), source)
  } finally {
    secret.fill(0)
    text.fill(0)
  }
}

function takeKek(bytes: Uint8Array, source: string): Kek {
  if (bytes.length !== 32) throw wrongForm(source)
  if (new Set(bytes).size < 8) throw new StartupFault(`${source} is a sample, not a random key. ${MAKE_ONE}`)
  const secret = Buffer.from(bytes)
  bytes.fill(0)
  return Kek.take(secret)
}

function encodeBase64(secret: Buffer): Buffer {
  const padded = Buffer.concat([secret, Buffer.alloc(1)])
  const text = Buffer.alloc(45, 0x3d)
  for (let i = 0; i < 43; i++) {
    const bits = padded.readUIntBE(Math.floor(i / 4) * 3, 3)
    text[i] = ALPHABET.charCodeAt((bits >> (18 - 6 * (i % 4))) & 63)
  }
  padded.fill(0)
  text[44] = 0x0a
  return text
}

function wrongForm(source: string): StartupFault {
  return new StartupFault(`${source} must hold exactly 32 bytes in base64 (44 characters). ${MAKE_ONE}`)
}
