/** Random octets for one request: a call of node:crypto costs thirty times as much as copying sixteen of them. */
import { randomBytes, randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(1_024)
let at = pool.length

/** From the generator of node:crypto; no octet is given twice, and none that was given stays in the pool. */
export function randomOctets(length: number): Buffer {
  if (length > pool.length) return randomBytes(length)
  if (at + length > pool.length) {
    randomFillSync(pool)
    at = 0
  }
  const octets = pool.subarray(at, at + length)
  at += length
  const given = Buffer.from(octets)
  octets.fill(0)
  return given
}
