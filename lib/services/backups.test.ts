/** A backup is recorded by whoever makes it, as an event; the newest one is shown. */
import { expect, test } from 'vitest'
import type { AuditEntry } from './audit'
import { canonicalEvent } from './audit-events'
import { createBackups } from './backups'
import { actor, NOON } from './testing/harness'

function backups() {
  const events: AuditEntry[] = []
  const service = createBackups({
    clock: () => NOON,
    audit: { record: async (entry) => void events.push(entry) },
    store: {
      newest: async ({ types }, _, limit) =>
        events
          .filter(({ type }) => types?.includes(type))
          .toReversed()
          .slice(0, limit)
          .map((entry, index) => {
            const { beforeTime, afterTime } = canonicalEvent(entry)
            const payload = new TextEncoder().encode(`${beforeTime}${NOON.toISOString()}${afterTime}`)
            const hash = new Uint8Array(32)
            return { seq: BigInt(index + 1), payload, leaf: hash, chain: hash }
          }),
    },
  })
  return { service, events }
}

test('the newest record is shown, with who made it and their note', async () => {
  const { service, events } = backups()
  expect(await service.latest(actor('auditor'))).toBeNull()
  await service.record(actor('admin'), {})
  await service.record(actor('admin'), { note: ' to the vault ' })
  expect(await service.latest(actor('operator'))).toEqual({ at: NOON, note: 'to the vault', by: 'Ada Admin' })
  expect(events.map(({ type, data }) => [type, data])).toEqual([
    ['system.backup_recorded', undefined],
    ['system.backup_recorded', { note: 'to the vault' }],
  ])
})

test.each(['x'.repeat(201), 'two\nlines'])('a note such as %j is refused, and nothing recorded', async (note) => {
  const { service, events } = backups()
  await expect(service.record(actor('admin'), { note })).rejects.toMatchObject({ code: 'invalid_input' })
  expect(events).toEqual([])
})

test.each(['operator', 'auditor'] as const)('an %s does not record what would reassure everybody', async (role) => {
  const { service, events } = backups()
  await expect(service.record(actor(role), {})).rejects.toMatchObject({ code: 'forbidden' })
  expect(events).toEqual([])
})
