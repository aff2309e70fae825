/** Work on bytes that may be many: a slice at a time, so that whoever waits meanwhile gets a turn between two of them. */
import { setImmediate } from 'node:timers/promises'

/** A millisecond or two of hashing. */
const SLICE_BYTES = 1024 * 1024

export async function inSlices(bytes: Uint8Array, work: (slice: Uint8Array) => unknown): Promise<void> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    if (at > 0) await setImmediate()
    work(bytes.subarray(at, at + SLICE_BYTES))
  }
}
