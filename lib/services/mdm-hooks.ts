/** What an MDM posts to /hooks/{slug}: what a kind of connector must be able to do with it. Reception is hook-reception.ts. */
import type { Actor } from './actor'
import type { ConnectorCall, MdmConnector, MdmKind } from './mdm-connector-types'

export interface HookRequest {
  method: string
  headers: { get(name: string): string | null }
  /** As it came, before anything was parsed; never longer than the handler's largestBody. */
  body: Uint8Array
  ip: string | null
}

/** What the log of calls says about the request; the rest of its line is known to the reception. */
export type HookNote = Pick<ConnectorCall, 'operation' | 'outcome' | 'code' | 'detail'> &
  Partial<Pick<ConnectorCall, 'correlationId'>>

/** Complete but for Content-Length and the headers that every answer has. */
export interface HookAnswer {
  status: number
  headers: Record<string, string>
  body: Uint8Array
  note: HookNote
}

export interface HookHandler {
  kind: MdmKind
  /** In bytes; what is longer is answered 413 before anything of it is looked at. */
  largestBody: number
  /**
   * Whether the request comes from whom it says, by one of these secrets: the present one, and the one before while it is
   * believed; of Standard Webhooks the key, of all others the UTF-8 of what was shown. In constant time, and before anything is parsed. Without secrets the answer is no. The reception answers
   * 401, alike for an unknown slug.
   */
  authenticate(connector: MdmConnector, request: HookRequest, secrets: readonly Uint8Array[]): boolean
  /**
   * Decides and answers; only for requests that authenticate() believed. A Refusal becomes a problem document and a line in
   * the log of calls, anything else 503. `actor` is the connector itself.
   */
  handle(connector: MdmConnector, request: HookRequest, actor: Actor): Promise<HookAnswer>
}
