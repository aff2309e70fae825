/** Who is at the other end: the TCP peer, or what a proxy that we trust says about it. */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, type Socket } from 'node:net'

export interface Caller {
  ip: string | null
  /** Whether the caller's own connection is encrypted. */
  protocol: 'http' | 'https'
  host: string | undefined
}

export function callerReader(trustedProxies: readonly string[]): (request: IncomingMessage) => Caller {
  const isTrusted = memberOf(trustedProxies)
  return (request) => {
    const peer = normalised(request.socket.remoteAddress)
    const host = request.headers.host
    if (!isTrusted(peer)) return { ip: peer, protocol: 'http', host }
    return {
      ip: furthest(request.headers['x-forwarded-for'], peer, isTrusted),
      protocol: request.headers['x-forwarded-proto'] === 'https' ? 'https' : 'http',
      host: single(request.headers['x-forwarded-host']) ?? host,
    }
  }
}

/** Whether a connection comes from this machine or from a proxy of ours, behind which there may be everybody. */
export function proxyCheck(trustedProxies: readonly string[]): (socket: Pick<Socket, 'remoteAddress'>) => boolean {
  const isOurs = memberOf(['127.0.0.0/8', '::1/128', ...trustedProxies])
  return (socket) => isOurs(normalised(socket.remoteAddress))
}

function memberOf(networks: readonly string[]): (ip: string | null) => boolean {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    list.addSubnet(address, Number(prefix), familyOf(address))
  }
  return (ip) => ip !== null && list.check(ip, familyOf(ip))
}

/** Each proxy appends whom it saw, so the list is read from its end up to the first address that is not one of ours. */
function furthest(
  header: string | string[] | undefined,
  peer: string | null,
  isTrusted: (ip: string | null) => boolean,
): string | null {
  const hops = [header ?? []]
    .flat()
    .join(',')
    .split(',')
    .map((hop) => normalised(hop.trim()))
  let nearest = peer
  for (const hop of hops.reverse()) {
    if (hop === null) break
    nearest = hop
    if (!isTrusted(hop)) break
  }
  return nearest
}

/** An IPv4 peer of a socket that listens on IPv6 appears as ::ffff:192.0.2.1. */
function normalised(address: string | undefined): string | null {
  const plain = address?.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '') ?? ''
  return isIP(plain) ? plain : null
}

function familyOf(ip: string): 'ipv4' | 'ipv6' {
  return isIP(ip) === 4 ? 'ipv4' : 'ipv6'
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined
}
