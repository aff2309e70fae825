/** What a queue of Jamf's events promises: in memory and on Postgres alike. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JamfEventQueue, NewJamfEvent } from '../jamf-queue'

export interface JamfQueueBacking {
  queue: JamfEventQueue
  addConnector(): Promise<string>
  /** Moves everything that waits or is done with into the past. */
  age(connectorId: string, minutes: number): Promise<void>
  state(id: string): Promise<string | null>
  close(): Promise<void>
}

const BOUNDS = { sameMinutes: 10, mostWaiting: 100 }

export function jamfQueueContract(name: string, open: () => Promise<JamfQueueBacking>): void {
  describe(`a queue of Jamf's events ${name}`, () => {
    let backing: JamfQueueBacking
    beforeAll(async () => {
      backing = await open()
    })
    afterAll(() => backing.close())

    const event = (connectorId: string, body: string): NewJamfEvent => ({
      id: crypto.randomUUID(),
      connectorId,
      bodySha256: createHash('sha256').update(body).digest(),
      event: 'ComputerAdded',
      about: 'devices',
      devices: [{ kind: 'computer', jamfId: '17', serial: 'C02EXAMPLE01', udid: null }],
    })
    const claimed = async (connectorId: string, seconds = 60) =>
      (await backing.queue.claim(1_000, seconds)).filter((each) => each.connectorId === connectorId)

    test('an event is claimed once, as it was added', async () => {
      const connector = await backing.addConnector()
      const added = event(connector, 'one')
      expect(await backing.queue.add(added, BOUNDS)).toBe('added')
      const { bodySha256, ...rest } = added
      expect(await claimed(connector)).toEqual([{ ...rest, attempts: 1, receivedAt: expect.any(Date) }])
      expect(await claimed(connector)).toEqual([])
      await backing.queue.done(added.id)
      expect(await backing.state(added.id)).toBe('done')
    })

    test('the same body within ten minutes is the same event, at one connector, also when both come at once', async () => {
      const [connector, other] = [await backing.addConnector(), await backing.addConnector()]
      const both = await Promise.all([1, 2].map(() => backing.queue.add(event(connector, 'same'), BOUNDS)))
      expect(both.toSorted()).toEqual(['added', 'again'])
      expect(await backing.queue.add(event(other, 'same'), BOUNDS)).toBe('added')
      await backing.age(connector, 9)
      expect(await backing.queue.add(event(connector, 'same'), BOUNDS)).toBe('again')
      await backing.age(connector, 2)
      expect(await backing.queue.add(event(connector, 'same'), BOUNDS)).toBe('added')
    })

    test('one that was done with is worked again when it comes again later', async () => {
      const connector = await backing.addConnector()
      await backing.queue.add(event(connector, 'again'), BOUNDS)
      const [first] = await claimed(connector)
      await backing.queue.done(first?.id ?? '')
      await backing.age(connector, 11)
      await backing.queue.add(event(connector, 'again'), BOUNDS)
      expect(await claimed(connector)).toMatchObject([{ attempts: 1 }])
    })

    test('no more wait than are allowed', async () => {
      const connector = await backing.addConnector()
      const bounds = { ...BOUNDS, mostWaiting: 2 }
      const outcomes = []
      for (const body of ['a', 'b', 'c']) outcomes.push(await backing.queue.add(event(connector, body), bounds))
      expect(outcomes).toEqual(['added', 'added', 'full'])
      const [first] = await claimed(connector)
      await backing.queue.done(first?.id ?? '')
      expect(await backing.queue.add(event(connector, 'c'), bounds)).toBe('added')
    })

    test('events of a connector that has many leave those of another their turn', async () => {
      const [busy, quiet] = [await backing.addConnector(), await backing.addConnector()]
      for (const body of ['a', 'b', 'c']) await backing.queue.add(event(busy, body), BOUNDS)
      await backing.age(busy, 1)
      await backing.queue.add(event(quiet, 'one'), BOUNDS)
      const mine = (await backing.queue.claim(2, 60)).filter(({ connectorId }) => [busy, quiet].includes(connectorId))
      expect(mine.map(({ connectorId }) => connectorId).toSorted()).toEqual([busy, busy, quiet].toSorted())
    })

    test('whoever dies with an event leaves it to the next', async () => {
      const connector = await backing.addConnector()
      await backing.queue.add(event(connector, 'left'), BOUNDS)
      expect(await claimed(connector, 60)).toHaveLength(1)
      await backing.age(connector, 2)
      expect(await claimed(connector, 60)).toMatchObject([{ attempts: 2 }])
    })

    test('one that failed is due again after its time, or given up', async () => {
      const connector = await backing.addConnector()
      await backing.queue.add(event(connector, 'failing'), BOUNDS)
      const [first] = await claimed(connector)
      const id = first?.id ?? ''
      await backing.queue.failed(id, 'Jamf Pro is away.', 120)
      expect(await claimed(connector)).toEqual([])
      await backing.age(connector, 3)
      expect(await claimed(connector)).toMatchObject([{ id, attempts: 2 }])
      await backing.queue.failed(id, 'Jamf Pro is away.', null)
      expect(await backing.state(id)).toBe('given_up')
      await backing.age(connector, 3)
      expect(await claimed(connector)).toEqual([])
    })

    test('what is done with is forgotten in time, what waits never is', async () => {
      const connector = await backing.addConnector()
      const [finished, waits] = [event(connector, 'finished'), event(connector, 'waits')]
      await backing.queue.add(finished, BOUNDS)
      await backing.queue.add(waits, BOUNDS)
      await backing.queue.done(finished.id)
      await backing.age(connector, 61)
      await backing.queue.forget(60)
      expect([await backing.state(finished.id), await backing.state(waits.id)]).toEqual([null, 'waiting'])
    })
  })
}
