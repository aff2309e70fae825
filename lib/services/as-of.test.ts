/** Which moments may be asked about; the rest of the promise is in testing/as-of-contract.ts. */
import { describe, expect, test } from 'vitest'
import { type AsOfStore, createAsOf, momentOf } from './as-of'
import { asOfContract } from './testing/as-of-contract'
import { memoryAsOfStore } from './testing/as-of-store'
import { actor, memoryBacking } from './testing/harness'
import { emptyWorld } from './testing/world'

asOfContract('the past of certificates, in memory', async () => {
  const world = emptyWorld(() => new Date())
  return { backing: memoryBacking(world), store: memoryAsOfStore(world) }
})

const now = new Date('2026-11-23T12:00:00Z')

describe('a moment', () => {
  test.each([
    ['2026-03-14', '2026-03-14T23:59:59.999Z'],
    ['2026-11-23', '2026-11-23T12:00:00.000Z'],
    ['2026-03-14T08:00:00Z', '2026-03-14T08:00:00.000Z'],
    ['2026-03-14T08:00+01:00', '2026-03-14T07:00:00.000Z'],
  ])('%s is %s', (text, at) => {
    expect(momentOf(text, now).toISOString()).toBe(at)
  })

  test.each([
    '2026-11-24',
    '2026-11-23T12:00:01Z',
    '2026-02-31',
    'yesterday',
    '',
    '2026',
    '\0',
    '1969-12-31',
    '0000-01-01T00:00:00Z',
  ])('%j is refused with a sentence', (text) => {
    expect(() => momentOf(text, now)).toThrow(
      expect.objectContaining({ code: 'invalid_input', fields: { on: expect.any(String) } }),
    )
  })
})

describe('the service', () => {
  const asOf = createAsOf({ store: memoryAsOfStore(emptyWorld(() => now)) as AsOfStore, clock: () => now })

  test('admits whoever may read certificates, and nobody who is limited or unknown', async () => {
    for (const role of ['admin', 'operator', 'auditor'] as const)
      expect((await asOf.counts(actor(role), '2026-03-14', {})).total).toBe(0)
    for (const stranger of [{ ...actor('admin'), role: null }, { ...actor('operator'), scope: [] }, actor('radius')])
      await expect(asOf.counts(stranger, '2026-03-14', {})).rejects.toThrow()
  })

  test('compares forwards only, and takes no page marker of others', async () => {
    const admin = actor('admin')
    await expect(asOf.compare(admin, { from: '2026-03-14', to: '2026-03-14' }, {})).rejects.toMatchObject({
      code: 'invalid_input',
      fields: { from: expect.any(String) },
    })
    await expect(asOf.list(admin, '2026-03-14', {}, { cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_input' })
  })
})
