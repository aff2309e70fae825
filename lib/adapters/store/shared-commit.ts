/**
 * Writes of several kinds that share one statement, with its one commit. All of them append to the audit chain, and whoever
 * appends holds its head until the disk has the commit: apart, the one kind would spend its time waiting for the other.
 */
import type { UnderWay } from '@/lib/services/under-way'
import { type Database, hotPool } from './database'
import { together } from './together'

/** A kind of write, as the common table expressions that do it for any number of requests. */
export interface WriteKind<Item, Result> {
  /** Names the statement, and begins the names of its expressions. */
  name: string
  /**
   * The expressions. Two are read: `{name}_told` (before_time, after_time, place), the events of what was done, and
   * `{name}_done` (id, flag), a row for each request that was. Parameters are numbered from $1.
   */
  expressions: string
  /** Those that must have run before the chain's head is locked, so that everybody locks in one order. */
  first: string[]
  /** The parameters for these requests, always as many, and what became of each. */
  prepare(items: Item[]): { values: unknown[]; results(done: ReadonlyMap<string, boolean>): Result[] }
}

type AnyKind = WriteKind<never, unknown>
interface Asked {
  kind: AnyKind
  item: unknown
}

/** The queue of each database. */
const queues = new WeakMap<Database, (asked: Asked) => Promise<unknown>>()

/** Of whom to expect more, where that is known. */
const underWayOf = new WeakMap<Database, UnderWay>()

/** From now on a statement waits, for some milliseconds, for half of those under way. Before any kind of write is made. */
export function shareCommitsAmong(database: Database, underWay: UnderWay): void {
  if (queues.has(database)) throw new Error('this database writes already')
  underWayOf.set(database, underWay)
}

/** Callers of the same moment, of every kind, are done in one statement or, after a fault, each alone. */
export function sharingCommit<Item, Result>(
  database: Database,
  kind: WriteKind<Item, Result>,
): (item: Item) => Promise<Result> {
  const write = queues.get(database) ?? writeTogether(database)
  queues.set(database, write)
  return async (item) => (await write({ kind, item })) as Result
}

function writeTogether(database: Database): (asked: Asked) => Promise<unknown> {
  return together(
    async (all: Asked[]) => {
      const kinds = [...new Set(all.map(({ kind }) => kind))].toSorted((a, b) => (a.name < b.name ? -1 : 1))
      const parts = kinds.map((kind) => ({
        kind,
        ...kind.prepare(all.filter((asked) => asked.kind === kind).map(({ item }) => item as never)),
      }))
      const name = kinds.map((kind) => kind.name).join('-and-')
      const text = statements.get(name) ?? statementOf(parts)
      statements.set(name, text)
      const { rows } = await hotPool(database).query<{ kind: string; id: string; flag: boolean }>({
        name,
        text,
        values: parts.flatMap(({ values }) => values),
      })
      const results = new Map(
        parts.map(({ kind, results }) => {
          const done = rows.filter((row) => row.kind === kind.name).map(({ id, flag }) => [id, flag] as const)
          return [kind, results(new Map(done)).values()]
        }),
      )
      return all.map(({ kind }) => results.get(kind)?.next().value)
    },
    MOST_AT_ONCE,
    underWayOf.get(database),
  )
}

const MOST_AT_ONCE = 64

/** By name, once they were written. */
const statements = new Map<string, string>()

function statementOf(parts: { kind: AnyKind; values: unknown[] }[]): string {
  let before = 0
  const expressions = parts.map(({ kind, values }) => {
    const offset = before
    before += values.length
    return kind.expressions.replace(/\$(\d+)/g, (_, place) => `$${Number(place) + offset}`)
  })
  const kinds = parts.map(({ kind }) => kind)
  const told = kinds.map(({ name }) => `select '${name}' as kind, before_time, after_time, place from ${name}_told`)
  const counts = kinds.flatMap(({ first }) => first.map((name) => `(select count(*) from ${name})`))
  return `
  with ${expressions.join(', ')}, gathered as (
    select array_agg(before_time order by kind, place) as before_times, array_agg(after_time order by kind, place) as after_times
    from (${told.join(' union all ')}) as told
  ), appended as (
    select audit_append_all(before_times, after_times) as seq from gathered where ${counts.join(' + ')} >= 0
  )
  ${kinds.map(({ name }) => `select '${name}' as kind, id, flag from ${name}_done, appended`).join(' union all ')}`
}
