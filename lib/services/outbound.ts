/** How a service sends a request to an address that an administrator typed. lib/adapters/net implements it. */

export interface OutboundRequest {
  method: 'GET' | 'POST'
  url: string
  headers: Readonly<Record<string, string>>
  body: Uint8Array
  /** For everything: resolving, connecting, sending, and the last byte of the answer. */
  timeoutMs: number
  /** For resolving, connecting and agreeing on TLS alone; as long as everything unless given. */
  connectMs?: number
  /** Hosts in private networks that an administrator allows, as "host" or "host:port". */
  allowedHosts: readonly string[]
}

/** What went wrong before there was an answer. */
export type OutboundFault =
  | 'url_refused'
  | 'dns_failed'
  | 'address_refused'
  | 'connect_failed'
  | 'tls_failed'
  | 'timeout'
  | 'answer_too_large'
  | 'connection_lost'

/** Redirects are answers like others: nobody follows them. */
export type OutboundAnswer =
  | {
      answered: true
      status: number
      body: Uint8Array
      address: string
      /** Of a Retry-After header in seconds; absent without one. */
      retryAfterSeconds?: number
    }
  | { answered: false; fault: OutboundFault; detail: string }

export interface Outbound {
  /** Never throws for what the other side does. */
  send(request: OutboundRequest): Promise<OutboundAnswer>
}

/**
 * What the deployment allows beyond public addresses (LATCHKEY_OUTBOUND_ALLOW). It cannot be changed in the portal:
 * whoever takes over an administrator's session does not reach the machine's own listeners with it.
 */
export interface OutboundRule {
  /** Host name, address, or the address of a network. */
  host: string
  /** Null for every port. */
  port: number | null
  /** Of a network; null for a single host. */
  prefix: number | null
  /** http:// may be used there. */
  plain: boolean
}
