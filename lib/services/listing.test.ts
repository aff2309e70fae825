/** Markers between pages, which anybody can write. */
import { expect, test } from 'vitest'
import { type Keyset, readPage, type Sorting } from './listing'

const ID = '00000000-0000-4000-8000-000000000001'
const SORTING: Sorting<{ id: string; at: Date; name: string; seq: string }, 'at' | 'name' | 'seq'> = {
  usual: 'at',
  columns: {
    at: { kind: 'moment', order: 'desc', of: ({ at }) => at },
    name: { kind: 'text', order: 'asc', of: ({ name }) => name },
    seq: { kind: 'number', order: 'desc', of: ({ seq }) => seq },
  },
  idOf: ({ id }) => id,
}
const marker = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url')

async function asked(cursor: string, sort: 'at' | 'name' | 'seq'): Promise<Keyset['from']> {
  let from: Keyset['from'] = null
  await readPage({ cursor, sort }, SORTING, async (keyset) => {
    from = keyset.from
    return []
  })
  return from
}

test('a marker leads on from where it says', async () => {
  const at = '2026-03-01T10:00:00.000Z'
  expect(await asked(marker('at', 'desc', 'after', ID, at), 'at')).toEqual({ id: ID, value: at })
  expect(await asked(marker('name', 'asc', 'after', ID, ''), 'name')).toEqual({ id: ID, value: '' })
  expect(await asked(marker('seq', 'desc', 'after', ID, '7'), 'seq')).toEqual({ id: ID, value: '7' })
})

test.each([
  ['at', ['at', 'desc', 'after', ID, '+275760-09-13T00:00:00.000Z']],
  ['at', ['at', 'desc', 'after', ID, '-000001-01-01T00:00:00.000Z']],
  ['at', ['at', 'desc', 'after', ID, '0000-01-01T00:00:00.000Z']],
  ['at', ['at', 'desc', 'after', ID, '2026-02-31T00:00:00.000Z']],
  ['at', ['at', 'desc', 'after', ID, 'now']],
  ['at', ['at', 'asc', 'after', ID, '2026-03-01T10:00:00.000Z']],
  ['at', ['at', 'desc', 'after', 'x', '2026-03-01T10:00:00.000Z']],
  ['name', ['at', 'desc', 'after', ID, '2026-03-01T10:00:00.000Z']],
  ['name', ['name', 'asc', 'sideways', ID, 'a']],
  ['name', ['name', 'asc', 'after', ID, 'a\0']],
  ['name', ['name', 'asc', 'after', ID, 7]],
  ['seq', ['seq', 'desc', 'after', ID, '']],
  ['seq', ['seq', 'desc', 'after', ID, '-1']],
  ['seq', ['seq', 'desc', 'after', ID, '9'.repeat(19)]],
] as const)('by %s, %j is none of ours', async (sort, parts) => {
  await expect(asked(marker(...parts), sort)).rejects.toMatchObject({ reason: 'invalid_cursor' })
})
