/** Views of lists out of addresses that anybody can write, and back. */
import { expect, test } from 'vitest'
import { addressOf, type ListFacts, readView, rowsAddress } from './list-view'

const LIST: ListFacts = {
  name: 'certificates',
  path: '/certificates',
  parameters: ['search', 'status'],
  sorts: { issued: 'desc', name: 'asc' },
  usual: 'issued',
  usualWith: { status: { value: 'expiring', sort: 'name' } },
  columns: [
    { name: 'status', head: 'Status' },
    { name: 'issued', head: 'Issued', sort: 'issued' },
    { name: 'key', head: 'Key', optional: true },
  ],
}
const viewOf = async (query: string) =>
  (await readView(Promise.resolve(Object.fromEntries(new URLSearchParams(query))), LIST)).view

test('the usual view leaves the address clean', async () => {
  const view = await viewOf('')
  expect(view).toMatchObject({ sort: 'issued', order: 'desc', columns: ['status', 'issued'], filters: {} })
  expect(addressOf(view)).toBe('/certificates')
})

test.each(['status=held', 'sort=-issued', 'sort=name', 'sort=-name', 'columns=status%2Ckey', 'columns=none'])(
  '%s comes back as it was',
  async (query) => {
    expect(addressOf(await viewOf(query))).toBe(`/certificates?${query}`)
  },
)

test('the order of a column is its own unless it is turned', async () => {
  expect(await viewOf('sort=name')).toMatchObject({ sort: 'name', order: 'asc' })
  expect(await viewOf('sort=-name')).toMatchObject({ sort: 'name', order: 'desc' })
  expect(await viewOf('sort=-issued')).toMatchObject({ sort: 'issued', order: 'asc' })
})

test('a filter may bring its own usual order', async () => {
  const view = await viewOf('status=expiring')
  expect(view).toMatchObject({ sort: 'name', order: 'asc' })
  expect(addressOf(view)).toBe('/certificates?status=expiring')
  expect(addressOf(view, { sort: 'issued', order: 'desc' })).toBe('/certificates?status=expiring&sort=issued')
  expect(addressOf(await viewOf('status=expiring&sort=issued'))).toBe('/certificates?status=expiring&sort=issued')
})

test('what no list offers is not asked for', async () => {
  expect(await viewOf('sort=constructor&columns=der,key&owner=x')).toMatchObject({
    sort: 'issued',
    order: 'desc',
    columns: ['key'],
    filters: {},
  })
  expect((await readView(Promise.resolve({ cursor: 'a'.repeat(9_999) }), LIST)).cursor).toBeUndefined()
})

test('rows are fetched by the filters and in the order of the view', async () => {
  expect(rowsAddress(await viewOf('status=held&sort=name&columns=none'), { format: 'csv' })).toBe(
    '/certificates/rows?status=held&sort=name&format=csv',
  )
})
