/** Damage to octets, blind to what they mean. */
import type { Chance } from './random'

/** Octets that say something in BER: tags, lengths, and the edges between them. */
const TELLING = [0x00, 0x01, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x88, 0xff, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x1e]
const TELLING_TAGS = [0x1f, 0x24, 0x30, 0x31, 0x3f, 0xa0, 0xa1, 0xa3, 0xbf]
const HEADERS = ['3080', '2480', '308400ffffff', '0484ffffffff', '30887fffffffffffffff', 'a080', '1f8101', '0000']
/** More than any part of the product reads. */
const TOO_MUCH = 140_000

/** One to four changes to a copy. */
export function damaged(bytes: Uint8Array, by: Chance): Buffer {
  let out: Buffer = Buffer.from(bytes)
  for (let left = 1 + by.below(4); left > 0; left--) out = changed(out, by)
  return out
}

function changed(bytes: Buffer, by: Chance): Buffer {
  const at = by.below(bytes.length + 1)
  const span = 1 + by.below(64)
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
  switch (by.below(9)) {
    case 0:
      return withOctet(bytes, at, (octet) => octet ^ (1 << by.below(8)))
    case 1:
      return withOctet(bytes, at, () => by.one([...TELLING, ...TELLING_TAGS]))
    case 2:
      return withOctet(bytes, at, (octet) => octet + (by.oneIn(2) ? 1 : -1))
    case 3:
      return Buffer.from(before)
    case 4:
      return Buffer.concat([before, bytes.subarray(at, at + span), after])
    case 5:
      return Buffer.concat([before, after.subarray(span)])
    case 6:
      return Buffer.concat([before, Buffer.from(by.one(HEADERS), 'hex'), after])
    case 7:
      return Buffer.concat([before, by.bytes(span), after])
    default:
      return by.oneIn(20) ? bloated(before, after, by) : Buffer.concat([before, Buffer.alloc(span), after])
  }
}

function bloated(before: Buffer, after: Buffer, by: Chance): Buffer {
  return Buffer.concat([before, Buffer.alloc(by.below(TOO_MUCH), by.one(TELLING)), after])
}

function withOctet(bytes: Buffer, at: number, change: (octet: number) => number): Buffer {
  const out = Buffer.from(bytes)
  if (at < out.length) out[at] = change(out[at] ?? 0) & 0xff
  return out
}
