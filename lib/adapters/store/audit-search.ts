/**
 * Events that match a filter, in the order of the chain. Ten million rows must not be walked through for the few that
 * match: each filter leads to its rows by an index that ends with the number, and several types or objects are each read
 * so far as one page needs, then merged.
 */
import type { AuditFilter } from '@/lib/services/audit'
import { Prisma } from './generated/client'

export interface SeqBounds {
  above?: bigint
  below?: bigint | null
}

export function matchingEvents(
  filter: AuditFilter,
  bounds: SeqBounds,
  order: 'asc' | 'desc',
  limit: number,
): Prisma.Sql {
  const direction = order === 'asc' ? Prisma.sql`asc` : Prisma.sql`desc`
  const numbers = numbersOf(bounds, filter)
  const conditions = [...during(filter), ...ofOutcome(filter.outcome), ...others(filter)]
  const rows = (more: Prisma.Sql[]) => Prisma.sql`
    select seq, payload, leaf, chain from audit_event
    where ${all([...more, ...numbers.conditions, ...conditions])} order by seq ${direction} limit ${limit}`
  const merged = (driver: Prisma.Sql, each: Prisma.Sql) => Prisma.sql`
    ${driver} select e.seq, e.payload, e.leaf, e.chain from wanted
    cross join lateral (${each}) e order by e.seq ${direction} limit ${limit}`

  const ofTypes = typeCondition(filter.types)
  if (filter.objects) {
    const [types, ids] = [filter.objects.map(({ type }) => type), filter.objects.map(({ id }) => id)]
    const driver = Prisma.sql`with wanted as (select * from unnest(${types}::text[], ${ids}::text[]) as o (type, id))`
    return merged(driver, rows([Prisma.sql`object_type = wanted.type and object_id = wanted.id`, ...ofTypes]))
  }
  if (filter.objectId !== undefined && filter.objectType === undefined) {
    const driver = Prisma.sql`${distinct('object_type')}, wanted as (select value as type from kinds where value is not null)`
    return merged(driver, rows([Prisma.sql`object_type = wanted.type and object_id = ${filter.objectId}`, ...ofTypes]))
  }
  if (ofTypes.length === 0 || filter.actorId !== undefined || filter.sourceIp !== undefined || filter.objectId) {
    return rows(ofTypes)
  }
  const driver = Prisma.sql`${distinct('type')}, wanted as (
    select value as type from kinds where value is not null and ${isOneOf(Prisma.sql`value`, filter.types ?? [])})`
  // Compared and ordered as a pair, so that the index of both is the way to take. Told only that the type is one of them, the
  // planner takes each for as frequent as the others, and walks the whole trail backwards for a rare one.
  const { outcome } = filter
  const failed = outcome !== undefined && outcome !== 'success'
  const key = failed ? Prisma.sql`type, outcome, seq` : Prisma.sql`type, seq`
  const value = failed ? Prisma.sql`wanted.type, ${outcome}` : Prisma.sql`wanted.type`
  const sorted = failed
    ? Prisma.sql`type ${direction}, outcome ${direction}, seq ${direction}`
    : Prisma.sql`type ${direction}, seq ${direction}`
  return merged(
    driver,
    Prisma.sql`
    select seq, payload, leaf, chain from audit_event
    where (${key}) > (${value}, ${numbers.above}) and (${key}) < (${value}, ${numbers.below}) and ${all([...during(filter), ...others(filter), ...(failed ? [UNSUCCESSFUL] : ofOutcome(outcome))])}
    order by ${sorted} limit ${limit}`,
  )
}

function all(conditions: Prisma.Sql[]): Prisma.Sql {
  return Prisma.join([...conditions, Prisma.sql`true`], ' and ')
}

/** Every value of the first column of an index, one look-up for each, whatever version of the product wrote them. */
export function distinct(column: 'type' | 'object_type'): Prisma.Sql {
  const name = column === 'type' ? Prisma.sql`type` : Prisma.sql`object_type`
  return Prisma.sql`with recursive kinds (value) as (
    (select ${name} from audit_event where ${name} is not null order by ${name} limit 1)
    union all
    select (select ${name} from audit_event where ${name} > kinds.value order by ${name} limit 1) from kinds
    where kinds.value is not null)`
}

/**
 * Numbers grow with time, so a period is a run of numbers, found by two look-ups. The clock of a database may be set back:
 * an hour of margin at both ends lets no row be missed, and the times themselves decide.
 */
function numbersOf({ above, below }: SeqBounds, { from, to }: AuditFilter) {
  const lower = [
    ...(above === undefined ? [] : [Prisma.sql`${above}::bigint`]),
    ...(from === undefined
      ? []
      : [
          Prisma.sql`coalesce((select seq from audit_event
            where time < ${from}::timestamptz - interval '1 hour' order by time desc limit 1), ${LOWEST}::bigint)`,
        ]),
  ]
  const upper = [
    ...(below === undefined || below === null ? [] : [Prisma.sql`${below}::bigint`]),
    ...(to === undefined
      ? []
      : [
          Prisma.sql`coalesce((select seq from audit_event
            where time >= ${to}::timestamptz + interval '1 hour' order by time limit 1), ${HIGHEST}::bigint)`,
        ]),
  ]
  return {
    above: lower.length === 0 ? Prisma.sql`${LOWEST}::bigint` : Prisma.sql`greatest(${Prisma.join(lower)})`,
    below: upper.length === 0 ? Prisma.sql`${HIGHEST}::bigint` : Prisma.sql`least(${Prisma.join(upper)})`,
    conditions: [...lower.map((each) => Prisma.sql`seq > ${each}`), ...upper.map((each) => Prisma.sql`seq < ${each}`)],
  }
}

const LOWEST = -(2n ** 63n)
const HIGHEST = 2n ** 63n - 1n

function during({ from, to }: AuditFilter): Prisma.Sql[] {
  return [
    ...(from === undefined ? [] : [Prisma.sql`time >= ${from}::timestamptz`]),
    ...(to === undefined ? [] : [Prisma.sql`time < ${to}::timestamptz`]),
  ]
}

/** As the partial indexes say it. */
const UNSUCCESSFUL = Prisma.sql`outcome <> 'success'`

function ofOutcome(outcome: AuditFilter['outcome']): Prisma.Sql[] {
  if (outcome === undefined) return []
  return [Prisma.sql`outcome = ${outcome}`, ...(outcome === 'success' ? [] : [UNSUCCESSFUL])]
}

function others({ actorId, objectType, objectId, sourceIp }: AuditFilter): Prisma.Sql[] {
  return [
    ...(actorId === undefined ? [] : [Prisma.sql`actor_id = ${actorId}`]),
    ...(objectType === undefined ? [] : [Prisma.sql`object_type = ${objectType}`]),
    ...(objectId === undefined || objectType === undefined ? [] : [Prisma.sql`object_id = ${objectId}`]),
    ...(sourceIp === undefined ? [] : [Prisma.sql`source_ip = ${sourceIp}`]),
  ]
}

function typeCondition(types: readonly string[] = []): Prisma.Sql[] {
  return types.length === 0 ? [] : [isOneOf(Prisma.sql`type`, types)]
}

/** "challenge." stands for every type that begins so. */
function isOneOf(column: Prisma.Sql, types: readonly string[]): Prisma.Sql {
  const exact = types.filter((type) => !type.endsWith('.'))
  const prefixes = types.filter((type) => type.endsWith('.'))
  return Prisma.sql`(${column} = any(${exact}::text[]) or exists (
    select from unnest(${prefixes}::text[]) as beginning where starts_with(${column}, beginning)))`
}
