/** Who asks: a signed-in person, an API key, a device, the installation itself, or nobody known. */

/** What people may be. */
export type PersonRole = 'admin' | 'operator' | 'auditor'
/** What API keys may be besides: `radius` asks whether the network lets a certificate in, and can do nothing else. */
export type KeyRole = PersonRole | 'radius'
/** `mdm`: an account of a challenge page, which mints for its endpoint and can do nothing else. */
export type Role = KeyRole | 'mdm'

export interface Actor {
  type: 'user' | 'service' | 'device' | 'system' | 'anonymous'
  id: string | null
  name: string
  /** Null for devices, the system and strangers: they hold no permission. */
  role: Role | null
  via: 'ui' | 'api' | 'cli' | 'scep' | 'job' | 'ndes'
  ip: string | null
  userAgent: string | null
  requestId: string
  /** Row id of the session, never its token. */
  sessionId?: string
  /** Slugs of the endpoints to whose challenges an API key is limited; absent where it is not. */
  scope?: readonly string[]
  /** Slugs of the groups to which an operator is limited, of which there may be none; absent where they are not. */
  groups?: readonly string[]
}

/** The installation acting by itself: jobs, and the command line, whose user can read the keys' disk anyway. */
export function systemActor(via: 'cli' | 'job', name: string): Actor {
  return {
    type: 'system',
    id: null,
    name,
    role: 'admin',
    via,
    ip: null,
    userAgent: null,
    requestId: crypto.randomUUID(),
  }
}
