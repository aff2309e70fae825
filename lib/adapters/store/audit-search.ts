/**
 * Events that match a filter, in the order of the chain. Ten million rows must not be walked through for the few that
 * match: each filter leads to its rows by an index that ends with the number, and several types or objects are each read
 * so far as one page needs, then merged.
 */
import type { AuditFilter } from '@/lib/services/audit'
import type { FoundInSearch, SoughtEvents } from '@/lib/services/audit-trail'
import { Prisma } from './generated/client'

export interface SeqBounds {
  above?: bigint
  below?: bigint | null
}

type Direction = 'asc' | 'desc'

export function matchingEvents(filter: SoughtEvents, bounds: SeqBounds, order: Direction, limit: number): Prisma.Sql {
  return matching(Prisma.sql`seq, payload, leaf, chain`, filter, bounds, order, limit)
}

/** No further than `most`. In no order: what is found first will do, and nothing is gathered only to be sorted. */
export function countOfEvents(filter: SoughtEvents, most: number): Prisma.Sql {
  return Prisma.sql`select count(*)::int as count from (${matching(Prisma.sql`seq`, filter, {}, null, most)}) counted`
}

function matching(
  columns: Prisma.Sql,
  filter: SoughtEvents,
  bounds: SeqBounds,
  order: Direction | null,
  limit: number,
): Prisma.Sql {
  const direction = Prisma.raw(order ?? 'desc')
  const sorted = order === null ? Prisma.empty : Prisma.sql`order by seq ${direction}`
  const numbers = numbersOf(bounds, filter)
  const conditions = [...during(filter), ...ofOutcome(filter.outcome), ...others(filter)]
  const ofTypes = typeCondition(filter.types)
  const rows = (more: Prisma.Sql[], what = columns) => Prisma.sql`
    select ${what} from audit_event
    where ${all([...more, ...numbers.conditions, ...conditions])} ${sorted} limit ${limit}`
  const merged = (driver: Prisma.Sql, each: Prisma.Sql) => Prisma.sql`
    ${driver} select e.* from wanted cross join lateral (${each}) e ${sorted} limit ${limit}`
  /** Of one value of a column: compared and ordered as a pair, so that the index of both is the way to take. */
  const along = (key: Prisma.Sql, value: Prisma.Sql, by: Prisma.Sql, more: Prisma.Sql[], what = columns) => Prisma.sql`
    select ${what} from audit_event
    where (${key}, seq) > (${value}, ${numbers.above}) and (${key}, seq) < (${value}, ${numbers.below}) and ${all(more)}
    order by ${by}, seq ${direction} limit ${limit}`

  if (filter.objects) {
    const among = filter.found === undefined ? [] : [isFound(filter.found)]
    return merged(
      Prisma.sql`with wanted as (${references(filter.objects)})`,
      rows([Prisma.sql`object_type = wanted.type and object_id = wanted.id`, ...ofTypes, ...among]),
    )
  }
  if (filter.found) {
    const { objects, actors, typed } = filter.found
    const seq = Prisma.sql`seq`
    const more = [...ofTypes, ...ofAnyKind(filter)]
    const ways = [
      Prisma.sql`select e.seq from wanted cross join lateral (
        ${rows([Prisma.sql`object_type = wanted.type and object_id = wanted.id`, ...more], seq)}) e`,
      Prisma.sql`select e.seq from unnest(${[...actors, typed]}::text[]) as who (id) cross join lateral (${
        order === null
          ? rows([Prisma.sql`actor_id = who.id`, ...more], seq)
          : along(
              Prisma.sql`actor_id`,
              Prisma.sql`who.id`,
              Prisma.sql`actor_id ${direction}`,
              [...conditions, ...more],
              seq,
            )
      }) e`,
      ...namedBy(typed).map((named) => Prisma.sql`(${rows([named, ...more], seq)})`),
    ]
    return Prisma.sql`
      ${distinct('object_type')}, wanted as (
        ${references(objects)} union select value, ${typed} from kinds where value is not null),
      ways as (${Prisma.join(ways, ' union ')})
      select ${columns} from audit_event where seq in (select seq from ways ${sorted} limit ${limit}) ${sorted}`
  }
  if (filter.objectId !== undefined && filter.objectType === undefined) {
    const driver = Prisma.sql`${distinct('object_type')}, wanted as (select value as type from kinds where value is not null)`
    return merged(driver, rows([Prisma.sql`object_type = wanted.type`, ...ofAnyKind(filter), ...ofTypes]))
  }
  if (ofTypes.length === 0 || filter.actorId !== undefined || filter.sourceIp !== undefined || filter.objectId) {
    return rows(ofTypes)
  }
  const driver = Prisma.sql`${distinct('type')}, wanted as (
    select value as type from kinds where value is not null and ${isOneOf(Prisma.sql`value`, filter.types ?? [])})`
  // Told only that the type is one of them, the planner takes each for as frequent as the others, and walks the whole trail
  // backwards for a rare one.
  const { outcome } = filter
  const besides = [...during(filter), ...others(filter)]
  return merged(
    driver,
    outcome === undefined || outcome === 'success'
      ? along(Prisma.sql`type`, Prisma.sql`wanted.type`, Prisma.sql`type ${direction}`, [
          ...besides,
          ...ofOutcome(outcome),
        ])
      : along(
          Prisma.sql`type, outcome`,
          Prisma.sql`wanted.type, ${outcome}`,
          Prisma.sql`type ${direction}, outcome ${direction}`,
          [...besides, UNSUCCESSFUL],
        ),
  )
}

function references(objects: readonly { type: string; id: string }[]): Prisma.Sql {
  const [types, ids] = [objects.map(({ type }) => type), objects.map(({ id }) => id)]
  return Prisma.sql`select * from unnest(${types}::text[], ${ids}::text[]) as o (type, id)`
}

function isFound({ objects, actors, typed }: FoundInSearch): Prisma.Sql {
  const ways = [
    Prisma.sql`(object_type, object_id) in (${references(objects)})`,
    Prisma.sql`actor_id = any(${[...actors, typed]}::text[])`,
    Prisma.sql`object_id = ${typed}`,
    ...namedBy(typed),
  ]
  return Prisma.sql`(${Prisma.join(ways, ' or ')})`
}

/** What names an event by itself: the address that it came from, its id, its number. */
function namedBy(typed: string): Prisma.Sql[] {
  return [
    ...(/^[0-9a-f.:]+$/i.test(typed) ? [Prisma.sql`source_ip = ${typed}`] : []),
    ...(UUID.test(typed) ? [Prisma.sql`id = ${typed}::uuid`] : []),
    ...(/^[0-9]{1,18}$/.test(typed) ? [Prisma.sql`seq = ${BigInt(typed)}`] : []),
  ]
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function all(conditions: Prisma.Sql[]): Prisma.Sql {
  return Prisma.join([...conditions, Prisma.sql`true`], ' and ')
}

/** Every value of the first column of an index, one look-up for each, whatever version of the product wrote them. */
export function distinct(column: 'type' | 'object_type' | 'actor_id'): Prisma.Sql {
  const name = Prisma.raw(column)
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
function numbersOf({ above, below }: SeqBounds, { from, to }: SoughtEvents) {
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

function during({ from, to }: SoughtEvents): Prisma.Sql[] {
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

function others({ actorId, objectType, objectId, sourceIp }: SoughtEvents): Prisma.Sql[] {
  return [
    ...(actorId === undefined ? [] : [Prisma.sql`actor_id = ${actorId}`]),
    ...(objectType === undefined ? [] : [Prisma.sql`object_type = ${objectType}`]),
    ...(objectId === undefined || objectType === undefined ? [] : [Prisma.sql`object_id = ${objectId}`]),
    ...(sourceIp === undefined ? [] : [Prisma.sql`source_ip = ${sourceIp}`]),
  ]
}

/** Of whatever type: others() leaves it to those who look through the types. */
function ofAnyKind({ objectId, objectType }: SoughtEvents): Prisma.Sql[] {
  return objectId === undefined || objectType !== undefined ? [] : [Prisma.sql`object_id = ${objectId}`]
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
