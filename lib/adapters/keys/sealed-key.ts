/** A root's key as a file that lies in a safe: the row as it is stored, which opens under this installation's KEK alone. */
import { z } from 'zod'
import { Refusal } from '@/lib/errors'
import type { KeyRow } from './key-rows'

const Uuid = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
const Base64 = z.base64().min(1).max(8_192)

const SealedKeyFile = z.strictObject({
  format: z.literal('latchkey-sealed-key/v1'),
  keyId: Uuid,
  ownerId: Uuid,
  purpose: z.string(),
  algorithm: z.string(),
  publicKey: Base64,
  spkiSha256: Base64,
  kekId: z.string(),
  wrappedDek: Base64,
  ciphertext: Base64,
})

export function writeSealedKey(row: KeyRow): Buffer {
  const { keyId, ownerId, purpose, algorithm, kekId } = row
  const file: z.input<typeof SealedKeyFile> = {
    format: 'latchkey-sealed-key/v1',
    ...{ keyId, ownerId, purpose, algorithm, kekId },
    publicKey: row.publicKey.toString('base64'),
    spkiSha256: row.spkiSha256.toString('base64'),
    wrappedDek: row.wrappedDek.toString('base64'),
    ciphertext: row.ciphertext.toString('base64'),
  }
  return Buffer.from(`${JSON.stringify(file, null, 2)}\n`, 'utf8')
}

/** What it says of itself; whether it is true shows when it is opened. */
export function readSealedKey(bytes: Uint8Array): KeyRow {
  const file = SealedKeyFile.safeParse(jsonOf(bytes)).data
  if (file === undefined) throw notSealedKey()
  const { keyId, ownerId, purpose, algorithm, kekId } = file
  return {
    ...{ keyId, ownerId, purpose, algorithm, kekId },
    publicKey: Buffer.from(file.publicKey, 'base64'),
    spkiSha256: Buffer.from(file.spkiSha256, 'base64'),
    wrappedDek: Buffer.from(file.wrappedDek, 'base64'),
    ciphertext: Buffer.from(file.ciphertext, 'base64'),
  }
}

export function notSealedKey(): Refusal {
  return new Refusal('invalid_input', 'This is not the sealed key of a root of this installation, or it was changed.', {
    reason: 'not_a_sealed_key',
  })
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return null
  }
}
