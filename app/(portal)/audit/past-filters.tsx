/** Which certificates of the past: of a group, of an issuer. */
import { FilterSelect } from '@/app/_components/filter-select'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { AsOfFilter } from '@/lib/services/as-of'

export async function PastFilters({ actor, filter }: { actor: Actor; filter: AsOfFilter }) {
  const [groups, authorities] = await Promise.all([server().groups.names(actor), server().groups.authorities(actor)])
  return (
    <>
      <FilterSelect
        name="group"
        label="Group"
        all="Every group"
        value={filter.group}
        options={groups.map(({ slug, name }) => [slug, name])}
      />
      <FilterSelect
        name="issuer"
        label="Issuer"
        all="Every issuer"
        value={filter.issuer}
        options={authorities.filter(({ kind }) => kind === 'issuer').map(({ slug, name }) => [slug, name])}
      />
    </>
  )
}

/** What the address asks for, as the service takes it. */
export function filterOf({ group, issuer }: { group?: string; issuer?: string }): AsOfFilter {
  return { ...(group === undefined ? {} : { group }), ...(issuer === undefined ? {} : { issuer }) }
}

/** A day of the reader's address bar, or the day that many days ago: pages open with something to see. */
export function dayOr(given: string | undefined, daysAgo: number): string {
  return given ?? new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10)
}
