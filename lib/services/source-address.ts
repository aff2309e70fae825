/** Where a request comes from, as limits count it: one address of IPv4, one network of IPv6. */

/** The address itself for IPv4, its /64 for IPv6: what one machine can be expected to have. */
export function sourceOf(ip: string | null): string {
  return prefixOf(ip, 4, 4)
}

/** The /24 or /64 around an address: "the same place" when somebody signs in again. */
export function networkOf(ip: string | null): string {
  return prefixOf(ip, 3, 4)
}

function prefixOf(ip: string | null, v4Bytes: number, v6Groups: number): string {
  if (ip === null) return 'unknown'
  const v4 = parseIpv4(ip.replace(/^::ffff:(?=\d+\.)/i, ''))
  if (v4) return v4Bytes === 4 ? v4.join('.') : `${v4.slice(0, v4Bytes).join('.')}.0/${v4Bytes * 8}`
  const v6 = parseIpv6(ip)
  return v6 ? `${v6.slice(0, v6Groups).join(':')}::/${v6Groups * 16}` : 'unknown'
}

function parseIpv4(text: string): number[] | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return null
  return parts.map(Number)
}

/** The eight groups without leading zeros. A zone such as "%eth0" says nothing about the other side. */
function parseIpv6(text: string): string[] | null {
  const [address = ''] = text.split('%')
  if (!/^[0-9a-f:]{2,39}$/i.test(address)) return null
  const [head = '', tail, ...more] = address.split('::')
  if (more.length > 0) return null
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = 8 - left.length - right.length
  if (tail === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...left, ...Array<string>(missing).fill('0'), ...right]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null
  return groups.map((group) => Number.parseInt(group, 16).toString(16))
}
