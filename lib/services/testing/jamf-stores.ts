/** The queue of Jamf's events in memory: the twin of lib/adapters/store/jamf-events.ts. */
import type { JamfEventQueue, NewJamfEvent } from '../jamf-queue'

interface Row extends NewJamfEvent {
  state: 'waiting' | 'done' | 'given_up'
  attempts: number
  receivedAt: Date
  dueAt: Date
  lastFault: string | null
}

export function memoryJamfQueue(clock: () => Date) {
  const rows: Row[] = []
  const ago = (minutes: number) => new Date(clock().getTime() - minutes * 60_000)
  const later = (seconds: number) => new Date(clock().getTime() + seconds * 1_000)
  const waiting = (id: string) => rows.find((row) => row.id === id && row.state === 'waiting')
  const queue: JamfEventQueue = {
    async add(event, { sameMinutes, mostWaiting }) {
      const { connectorId, bodySha256 } = event
      const mine = rows.filter((row) => row.connectorId === connectorId)
      if (mine.filter(({ state }) => state === 'waiting').length >= mostWaiting) return 'full'
      const before = mine.find((row) => Buffer.from(row.bodySha256).equals(bodySha256))
      const fresh = { state: 'waiting', attempts: 0, receivedAt: clock(), dueAt: clock(), lastFault: null } as const
      if (before === undefined) rows.push({ ...event, ...fresh })
      else if (before.receivedAt < ago(sameMinutes)) Object.assign(before, fresh)
      else return 'again'
      return 'added'
    },
    async claim(limit, seconds) {
      const due = rows
        .filter(({ state, dueAt }) => state === 'waiting' && dueAt <= clock())
        .toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime())
      const fair = [...Map.groupBy(due, ({ connectorId }) => connectorId).values()].flatMap((of) => of.slice(0, limit))
      return fair.map((row) => {
        row.dueAt = later(seconds)
        row.attempts += 1
        const { id, connectorId, event, about, devices, attempts, receivedAt } = row
        return { id, connectorId, event, about, devices, attempts, receivedAt }
      })
    },
    async done(id) {
      Object.assign(waiting(id) ?? {}, { state: 'done', lastFault: null })
    },
    async failed(id, fault, retryAfterSeconds) {
      const row = waiting(id)
      if (row === undefined) return
      row.lastFault = fault
      row.state = retryAfterSeconds === null ? 'given_up' : 'waiting'
      row.dueAt = later(retryAfterSeconds ?? 0)
    },
    async forget(minutes) {
      const old = rows.filter(({ state, receivedAt }) => state !== 'waiting' && receivedAt < ago(minutes))
      for (const row of old) rows.splice(rows.indexOf(row), 1)
      return old.length
    },
  }
  return { queue, rows }
}
