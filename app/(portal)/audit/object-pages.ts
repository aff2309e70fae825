/** Where the thing that an event is about can be looked at. */
import type { NamedObject } from '@/lib/services/audit-objects'

const PATHS: Record<string, (slug: string) => string> = {
  certificate: (slug) => `/certificates/${slug}`,
  challenge: (slug) => `/challenges/${slug}`,
  transaction: (slug) => `/enrolments/${slug}`,
  'bulk-revocation': (slug) => `/revocations/${slug}`,
  group: (slug) => `/groups/${slug}`,
  endpoint: (slug) => `/endpoints/${slug}`,
  ca: (slug) => `/authorities/${slug}`,
  connector: (slug) => `/connectors/${slug}`,
  device: (slug) => `/devices/${slug}`,
  user: () => '/settings/people',
}

export function pageOfObject(named: NamedObject | undefined): string | null {
  if (named === undefined) return null
  const { type, slug } = named
  return Object.hasOwn(PATHS, type) ? (PATHS[type]?.(slug) ?? null) : null
}
