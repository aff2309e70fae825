/**
 * Digests in one step. node:crypto gives every Buffer that it returns memory of its own, which takes longer than hashing a
 * certificate does; a text needs none.
 */
import { hash } from 'node:crypto'

export function digest(algorithm: string, content: Uint8Array): Buffer {
  return Buffer.from(hash(algorithm, content, 'binary'), 'binary')
}

export const sha256 = (content: Uint8Array): Buffer => digest('sha256', content)
