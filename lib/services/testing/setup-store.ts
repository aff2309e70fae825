/** The store of the first run in memory, with a root that is only a name. */
import type { AuditEntry } from '@/lib/services/audit'
import type { SetupStore } from '@/lib/services/setup'
import type { FirstRun } from './setup-contract'

interface StoredLink {
  tokenHash: Uint8Array
  expiresAt: Date
  usedAt: Date | null
}

export function memoryFirstRun(): FirstRun {
  const events: AuditEntry[] = []
  const links: StoredLink[] = []
  const users: string[] = []
  let organisation: string | null = null
  let root: string | null = null
  let claim: { by: string; at: Date } | null = null

  const openLink = (tokenHash: Uint8Array, now: Date) =>
    links.find((link) => Buffer.compare(link.tokenHash, tokenHash) === 0 && !link.usedAt && link.expiresAt > now)
  const closeLinks = (now: Date) => {
    for (const link of links) link.usedAt ??= now
  }

  const store: SetupStore = {
    isDone: async () => organisation !== null,
    async replaceLink({ tokenHash, createdAt, expiresAt }) {
      if (organisation !== null) return false
      closeLinks(createdAt)
      links.push({ tokenHash, expiresAt, usedAt: null })
      return true
    },
    linkIsOpen: async (tokenHash, now) => organisation === null && openLink(tokenHash, now) !== undefined,
    async begin(by, at, staleBefore) {
      if (claim && claim.at >= staleBefore) return false
      claim = { by, at }
      return true
    },
    async letGo(by) {
      if (claim?.by === by) claim = null
    },
    async complete({ claim: by, tokenHash, now, organisation: name, user }, entries) {
      if (claim?.by !== by || organisation !== null) return 'already_done'
      if (tokenHash && !openLink(tokenHash, now)) return 'link_refused'
      organisation = name
      users.push(user.email)
      closeLinks(now)
      claim = null
      events.push(...entries)
      return 'done'
    },
  }

  return {
    store,
    async createRoot(_actor, request) {
      root ??= request.organisation
      return { id: '00000000-0000-4000-8000-00000000000a', slug: 'root' }
    },
    recorded: async () => events.map(({ type, outcome }) => ({ type, outcome })),
    standing: async () => ({ organisation, root, users }),
  }
}
