/** Where a typed host name leads, looked up once and checked before anything connects there. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { OutboundFault, OutboundRule } from '@/lib/services/outbound'
import { mayConnect, mayUsePlainHttp } from './address-policy'

export interface ResolvedAddress {
  address: string
  family: number
}

export interface LookupOptions {
  rules?: readonly OutboundRule[]
  /** Every address of a name, as the system knows them. */
  resolve?(host: string): Promise<ResolvedAddress[]>
}

export interface LookedUp {
  host: string
  port: number
  /** Without TLS: only where the deployment allows it. */
  plain: boolean
}

export class Stopped extends Error {
  readonly fault: OutboundFault
  constructor(fault: OutboundFault, sentence: string) {
    super(sentence)
    this.fault = fault
  }
}

const RESOLVE_MS = 3_000

/** Every address of the name must be allowed: one that is not means that somebody plays with the name. Throws Stopped. */
export async function checkedAddresses(
  { host, port, plain }: LookedUp,
  allowedHosts: readonly string[],
  deadline: number,
  { rules = [], resolve = resolveAll }: LookupOptions,
): Promise<ResolvedAddress[]> {
  const literal = isIP(host)
  const addresses = literal === 0 ? await resolved(host, deadline, resolve) : [{ address: host, family: literal }]
  for (const { address } of addresses) {
    const target = { host, port, address }
    if (!mayConnect(target, allowedHosts, rules))
      throw new Stopped('address_refused', `${host} leads to ${address}, which is not a public address.`)
    if (plain && !mayUsePlainHttp(target, rules)) throw new Stopped('url_refused', 'Only https:// is allowed.')
  }
  return addresses
}

async function resolved(
  host: string,
  deadline: number,
  resolve: (host: string) => Promise<ResolvedAddress[]>,
): Promise<ResolvedAddress[]> {
  const patience = Math.max(Math.min(RESOLVE_MS, deadline - performance.now()), 1)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Stopped('dns_failed', `Looking up ${host} took too long.`)), patience)
  })
  try {
    const addresses = await Promise.race([resolve(host), late])
    if (addresses.length === 0) throw new Stopped('dns_failed', `${host} has no address.`)
    return addresses
  } catch (error) {
    if (error instanceof Stopped) throw error
    throw new Stopped('dns_failed', `${host} cannot be looked up (${codeOf(error)}).`)
  } finally {
    clearTimeout(timer)
  }
}

async function resolveAll(host: string): Promise<ResolvedAddress[]> {
  return lookup(host, { all: true })
}

/** The code of an error, never its text: that may quote what we sent. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  // Happy Eyeballs tries several addresses, and reports the failure of each.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  return 'code' in error ? String(error.code) : error.name
}
