/** The default endpoint in Postgres: a value of the installation that names the endpoint by its id. */
import type { DefaultEndpointStore } from '@/lib/services/default-endpoint'
import { type Database, transact } from './database'
import { guarded } from './outage'

const NAME = 'scep.default-endpoint'
const NAMED = { slug: true, name: true, group: { select: { slug: true, name: true } } } as const

/** What the empty slug stands for: the chosen endpoint, or the only one; null while there is doubt. */
export async function defaultEndpointId(database: Database): Promise<string | null> {
  const chosen = await database.installationValue.findUnique({ where: { name: NAME }, select: { value: true } })
  if (chosen !== null) return chosen.value
  const [only, another] = await database.endpoint.findMany({
    where: { protocol: 'scep' },
    select: { id: true },
    take: 2,
  })
  return only === undefined || another !== undefined ? null : only.id
}

export function defaultEndpointStore(database: Database): DefaultEndpointStore {
  return guarded<DefaultEndpointStore>({
    async defaultEndpoint() {
      const id = await defaultEndpointId(database)
      const chosen = await database.installationValue.count({ where: { name: NAME } })
      const endpoint = id === null ? null : await database.endpoint.findUnique({ where: { id }, select: NAMED })
      return { endpoint, chosen: chosen > 0 }
    },

    async chooseDefault(slug, event) {
      return transact(database, async (transaction) => {
        // Two who choose come one after the other, so that each event names what was before.
        await transaction.$executeRaw`select pg_advisory_xact_lock(hashtext(${NAME}))`
        const [before] = await transaction.$queryRaw<{ id: string; slug: string }[]>`
          select e.id, e.slug from installation_value v join endpoint e on e.id::text = v.value where v.name = ${NAME}`
        if (slug === (before?.slug ?? null)) return { result: 'chosen' as const, events: [] }
        const events = [event(before?.slug ?? null)]
        if (slug === null) {
          await transaction.installationValue.deleteMany({ where: { name: NAME } })
          return { result: 'chosen' as const, events }
        }
        const chosen = await transaction.$executeRaw`
          insert into installation_value (name, value)
          select ${NAME}, e.id::text from endpoint e where e.slug = ${slug} and e.protocol = 'scep'
          on conflict (name) do update set value = excluded.value`
        return chosen === 0
          ? { result: 'endpoint_unknown' as const, events: [] }
          : { result: 'chosen' as const, events }
      })
    },
  })
}
