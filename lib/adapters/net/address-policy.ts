/** Which addresses a request to a typed URL may reach: public ones, and what somebody has allowed by name. */
import { parseIp } from '@/lib/pki/ip'
import type { OutboundRule } from '@/lib/services/outbound'

/** `never`: cloud metadata, whoever allows it. `local`: only the deployment may allow it. `private`: an administrator may. */
export type AddressClass = 'public' | 'private' | 'local' | 'never'

const METADATA = ['169.254.169.254', 'fd00:ec2::254', '100.100.100.200'].map(parseIp)

const network = (text: string, is: AddressClass) => {
  const [address = '', prefix = ''] = text.split('/')
  return { octets: parseIp(address), prefix: Number(prefix), is }
}

/** RFC 6890 and its successors: what is not reachable in public, or leads somewhere else than it says. */
const SPECIAL = [
  ...[
    '0.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.88.99.0/24',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/4',
    '240.0.0.0/4',
    '::/96',
    '64:ff9b:1::/48',
    '100::/64',
    '2001::/23',
    '2001:db8::/32',
    '2002::/16',
    '3fff::/20',
    'fe80::/10',
    'fec0::/10',
    'ff00::/8',
  ].map((text) => network(text, 'local')),
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'].map((text) => network(text, 'private')),
]

/** ::ffff:a.b.c.d and 64:ff9b::a.b.c.d are IPv4 addresses in other clothes. */
const EMBEDDING = [network('::ffff:0:0/96', 'local'), network('64:ff9b::/96', 'local')]

/** Throws for what is no address: nothing is known of it, so nothing connects to it. */
export function addressClass(address: string): AddressClass {
  const octets = canonical(address)
  if (METADATA.some((each) => Buffer.from(each).equals(octets))) return 'never'
  return SPECIAL.find((each) => within(octets, each))?.is ?? 'public'
}

/** Whether a connection to this address, found under this host name, may be made. */
export function mayConnect(
  target: { host: string; port: number; address: string },
  allowedHosts: readonly string[],
  rules: readonly OutboundRule[],
): boolean {
  switch (addressClass(target.address)) {
    case 'public':
      return true
    case 'private':
      return allowedHosts.some((allowed) => names(allowed, target)) || rules.some((rule) => allows(rule, target))
    case 'local':
      return rules.some((rule) => allows(rule, target))
    case 'never':
      return false
  }
}

/** Plain HTTP is an exception that the deployment makes for named places, such as a validator on the same machine. */
export function mayUsePlainHttp(
  target: { host: string; port: number; address: string },
  rules: readonly OutboundRule[],
): boolean {
  return rules.some((rule) => rule.plain && allows(rule, target))
}

function allows(rule: OutboundRule, { host, port, address }: { host: string; port: number; address: string }): boolean {
  if (rule.port !== null && rule.port !== port) return false
  if (rule.prefix === null) return rule.host === host
  return within(canonical(address), { octets: canonical(rule.host), prefix: rule.prefix })
}

/** "host", "host:port", "[2001:db8::1]:port". */
function names(allowed: string, { host, port }: { host: string; port: number }): boolean {
  const text = allowed.trim().toLowerCase()
  const bare = host.includes(':') ? `[${host}]` : host
  return text === host || text === bare || text === `${bare}:${port}`
}

function canonical(address: string): Uint8Array {
  const octets = parseIp(address.replace(/%.*$/, ''))
  return EMBEDDING.some((each) => within(octets, each)) ? octets.subarray(12) : octets
}

function within(octets: Uint8Array, { octets: base, prefix }: { octets: Uint8Array; prefix: number }): boolean {
  if (octets.length !== base.length) return false
  const whole = prefix >> 3
  if (Buffer.compare(octets.subarray(0, whole), base.subarray(0, whole)) !== 0) return false
  const rest = 8 - (prefix & 7)
  return rest === 8 || (octets[whole] ?? 0) >> rest === (base[whole] ?? 0) >> rest
}
