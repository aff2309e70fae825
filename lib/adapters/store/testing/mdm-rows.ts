/** Connectors for tests that need one and not its service. */
import type { Database } from '@/lib/adapters/store/database'

export async function addConnector(
  database: Database,
  settings: { kind?: string; endpoint?: string } = {},
): Promise<string> {
  const { kind = 'events', ...others } = settings
  const id = crypto.randomUUID()
  await database.connector.create({
    data: { id, kind, name: `MDM ${id.slice(0, 4)}`, slug: id, settings: others, createdBy: 'Ada Admin' },
  })
  return id
}
