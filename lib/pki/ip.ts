/** IP addresses between text and octets. */
import { DerError } from './der'

/** 4 or 16 octets. */
export function parseIp(text: string): Uint8Array {
  const four = text.match(/^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/)
  if (four) {
    const octets = four.slice(1).map(Number)
    // "010" is 8 to some readers and 10 to others: such a text names no address.
    if (octets.every((octet) => octet <= 255) && octets.join('.') === text) return Uint8Array.from(octets)
  }
  if (!/^[0-9a-fA-F:.]{2,45}$/.test(text) || !text.includes(':')) throw new DerError('not an IP address')
  const groups = canonicalGroups(text)
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

/** The one text of an address: dotted, or RFC 5952. */
export function ipText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.')
  if (octets.length !== 16) throw new DerError('an IP address has 4 or 16 octets')
  const hex = Buffer.from(octets).toString('hex')
  return canonicalSix(hex.replace(/....(?=.)/g, '$&:'))
}

/** The URL parser knows every spelling of IPv6 and writes one. */
function canonicalSix(text: string): string {
  const url = URL.parse(`http://[${text}]/`)
  if (!url) throw new DerError('not an IP address')
  return url.hostname.slice(1, -1)
}

function canonicalGroups(text: string): number[] {
  const [left = '', right] = canonicalSix(text).split('::')
  const groups = (part: string | undefined): number[] =>
    part ? part.split(':').map((group) => Number.parseInt(group, 16)) : []
  const [before, after] = [groups(left), groups(right)]
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}
