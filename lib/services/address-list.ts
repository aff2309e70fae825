/** Lists of networks that requests may come from, as people write them: addresses and CIDR blocks. */
import { Refusal } from '@/lib/errors'
import { DerError } from '@/lib/pki/der'
import { ipText, parseIp } from '@/lib/pki/ip'

export interface NetworkBlock {
  octets: Uint8Array
  prefix: number
}

const MOST_BLOCKS = 100

/** Canonical blocks without repetitions. Throws Refusal (`invalid_input`) naming the entry that is wrong. */
export function checkedAddresses(entries: readonly string[]): string[] {
  const blocks = entries.flatMap((entry) => (entry.trim() === '' ? [] : [blockText(blockOf(entry.trim()))]))
  if (blocks.length === 0) throw invalid('Say from which networks devices may ask, such as 10.20.0.0/16.')
  if (blocks.length > MOST_BLOCKS) throw invalid(`At most ${MOST_BLOCKS} networks fit in one list.`)
  return [...new Set(blocks)]
}

export function isAllowedFrom(addresses: readonly string[], ip: string | null): boolean {
  return ip !== null && addresses.some((address) => isWithin(blockOf(address), ip))
}

/** Whether a list shuts nobody out: worth saying where people look at it. */
export function isEverywhere(addresses: readonly string[]): boolean {
  return addresses.some((address) => blockOf(address).prefix === 0)
}

/** "192.0.2.7" or "2001:db8::/32"; bits beyond the prefix must be zero, for whoever set them meant something else. */
export function blockOf(text: string): NetworkBlock {
  const [address = '', length, ...rest] = text.split('/')
  const octets = octetsOf(address)
  const longest = (octets?.length ?? 0) * 8
  const prefix = length === undefined ? longest : /^\d{1,3}$/.test(length) ? Number(length) : -1
  if (octets === null || rest.length > 0 || prefix < 0 || prefix > longest)
    throw invalid(`"${text.slice(0, 60)}" is not a network. Write 10.20.0.0/16, 2001:db8::/32 or a single address.`)
  if (octets.some((octet, at) => (octet & ~maskAt(at, prefix)) !== 0))
    throw invalid(
      `"${text}" names an address inside a network. Write ${blockText({ octets: masked(octets, prefix), prefix })}.`,
    )
  return { octets, prefix }
}

export function isWithin({ octets, prefix }: NetworkBlock, ip: string): boolean {
  const asked = octetsOf(ip.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, ''))
  if (asked === null || asked.length !== octets.length) return false
  return asked.every((octet, at) => (octet & maskAt(at, prefix)) === octets[at])
}

function blockText({ octets, prefix }: NetworkBlock): string {
  return `${ipText(octets)}/${prefix}`
}

function masked(octets: Uint8Array, prefix: number): Uint8Array {
  return octets.map((octet, at) => octet & maskAt(at, prefix))
}

function maskAt(at: number, prefix: number): number {
  const bits = Math.min(Math.max(prefix - at * 8, 0), 8)
  return (0xff << (8 - bits)) & 0xff
}

function octetsOf(text: string): Uint8Array | null {
  try {
    return parseIp(text)
  } catch (error) {
    if (error instanceof DerError || error instanceof TypeError) return null
    throw error
  }
}

function invalid(sentence: string): Refusal {
  return new Refusal('invalid_input', sentence, { reason: 'invalid_addresses', fields: { allowedAddresses: sentence } })
}
