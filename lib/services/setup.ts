/** The first run: a one-time link, the organisation, its root and its first administrator. */
import type { Actor } from './actor'

export interface SetupRequest {
  organisation: string
  name: string
  email: string
  password: string
  rootKey?: 'p384' | 'rsa4096'
}

export interface SetupService {
  /** True when an organisation exists. */
  isDone(): Promise<boolean>
  /** A fresh one-time token, valid for 24 h; earlier ones stop working. Null when set-up is done. */
  issueLink(): Promise<{ token: string; expiresAt: Date } | null>
  /** Whether a token would be accepted now; spends nothing. */
  checkLink(token: string): Promise<boolean>
  /** Spends the token (null for the command line), makes root, organisation and administrator. */
  complete(actor: Actor, token: string | null, request: SetupRequest): Promise<{ userId: string; organisation: string; rootSlug: string }>
}
