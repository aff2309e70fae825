/**
 * Word of every change that OCSP answers in memory must not outlive. Postgres rings (NOTIFY) when one is committed; what
 * it was is read from the table, every two seconds even if nobody rings.
 */
import pg from 'pg'
import type { StatusChange } from '@/lib/services/ocsp'
import { type Database, hotPool } from './database'

export interface StatusFeed {
  /** `heard` gets what is new and when the reading began, by a clock that never runs backwards. */
  start(heard: (changes: StatusChange[], readAt: number) => void): void
  stop(): Promise<void>
}

export interface StatusFeedOptions {
  connectionString: string
  /** As for the service that is told. */
  elapsed(): number
  log(line: string): void
}

export const STATUS_CHANNEL = 'latchkey_status'
const LOOK_EVERY_MS = 2_000
const RECONNECT_MS = 1_000
/** That is still on record, which is more than any answer outlives. */
const EVERYTHING = '0'

interface ChangeRow {
  horizon: string
  id: string | null
  authority_id: string
  serial: string | null
}

export function statusFeed(database: Database, { connectionString, elapsed, log }: StatusFeedOptions): StatusFeed {
  /** Whatever was not visible at the last look was written by this transaction or a later one. */
  let horizon: string | null = null
  let seen = new Set<string | null>()
  let heard: Parameters<StatusFeed['start']>[0] = () => {}
  let stopped = false
  let rung = false
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | null = null
  let bell: pg.Client | null = null

  async function look(): Promise<void> {
    rung = false
    const readAt = elapsed()
    let rows = await changesSince(horizon)
    // Another server, which has not come as far as the one before it: what it did meanwhile has lower numbers.
    if (horizon !== null && BigInt(rows[0]?.horizon ?? horizon) < BigInt(horizon)) rows = await changesSince(EVERYTHING)
    const found = rows.filter(({ id }) => id !== null)
    const fresh = found.filter(({ id }) => !seen.has(id))
    seen = new Set(found.map(({ id }) => id))
    horizon = rows[0]?.horizon ?? horizon
    heard(
      fresh.map(({ authority_id: authorityId, serial }) => ({ authorityId, serial })),
      readAt,
    )
  }

  async function changesSince(since: string | null): Promise<ChangeRow[]> {
    const { rows } = await hotPool(database).query<ChangeRow>({
      name: 'status-changes',
      text: CHANGES,
      values: [since],
    })
    return rows
  }

  function turn(): void {
    clearTimeout(timer)
    looking = look()
      // Nothing is trusted meanwhile; the next look finds what this one missed.
      .catch(() => {})
      .then(() => {
        looking = null
        if (stopped) return
        if (rung) turn()
        else timer = setTimeout(turn, LOOK_EVERY_MS)
      })
  }

  function ring(): void {
    rung = true
    if (looking === null && !stopped) turn()
  }

  function listen(): void {
    if (stopped) return
    const client = new pg.Client({
      connectionString,
      application_name: 'latchkey-status',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    })
    bell = client
    client.on('notification', ring)
    client.on('error', (error) => log(`status feed: ${error.message}`))
    client.once('end', () => {
      if (!stopped) setTimeout(listen, RECONNECT_MS).unref()
    })
    client
      .connect()
      .then(() => client.query(`listen ${STATUS_CHANNEL}`))
      // What was rung while nobody listened.
      .then(ring)
      .catch(() => client.end().catch(() => {}))
  }

  return {
    start(listener) {
      heard = listener
      turn()
      listen()
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await bell?.end().catch(() => {})
      await looking
    },
  }
}

/** One statement, so that the horizon and the rows are of one moment. A first look finds no rows: nothing is kept yet. */
const CHANGES = `
  select now.horizon, c.id, c.authority_id, c.serial
  from (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon) now
  left join status_change c on c.xid >= $1::bigint`
