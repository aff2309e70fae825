/** What a request for the rows of a list is taken for, whatever somebody wrote into its address. */
import { expect, test, vi } from 'vitest'
import { Refusal } from '@/lib/errors'
import { TAKES_TOO_LONG } from '@/lib/services/listing'
import { actor } from '@/lib/services/testing/harness'
import type { ListDefinition } from './definition'
import { answerRows } from './rows'

const pace = vi.fn(async () => {})
vi.mock('@/lib/server', () => ({ server: () => ({ listExports: { pace } }) }))

type Asked = Readonly<Record<string, string | undefined>>

async function news(query: string): Promise<{ status: number; asked: [Asked, Date | undefined][] }> {
  const asked: [Asked, Date | undefined][] = []
  const list: ListDefinition<Asked, never> = {
    ...{ name: 'things', path: '/things', parameters: ['search', 'group'], sorts: { name: 'asc' }, usual: 'name' },
    ...{ columns: [], fields: {} },
    filterOf: (parameters) => parameters,
    list: async () => ({ items: [], nextCursor: null, previousCursor: null }),
    async matching(_, filter, since) {
      asked.push([filter, since])
      return { count: 0, more: false }
    },
  }
  const { status } = await answerRows(actor('auditor'), new Request(`http://portal/things/rows?${query}`), list)
  return { status, asked }
}

test('filters are those of the page, without what no database takes', async () => {
  const since = new Date(Date.now() - 60_000).toISOString()
  expect(await news(`since=${since}&search=%00tab%00let&group=&owner=x`)).toEqual({
    status: 200,
    asked: [[{ search: 'tablet' }, new Date(since)]],
  })
})

test('a list that makes its files itself is given its order and the text of its fields', async () => {
  const list: ListDefinition<Asked, string> = {
    ...{ name: 'things', path: '/things', parameters: ['search'], sorts: { name: 'asc' }, usual: 'name' },
    ...{ columns: [], fields: { name: (row: string) => row } },
    filterOf: (parameters) => parameters,
    list: () => Promise.reject(new Error('not asked')),
    matching: async () => {
      throw new Refusal('unavailable', 'Too long.', { reason: TAKES_TOO_LONG })
    },
    async save(_, filter, { format, order, text }) {
      const all = text(
        (async function* () {
          yield [`${format} ${order} ${filter.search}`]
        })(),
      )
      return (async function* () {
        for await (const piece of all) yield new TextEncoder().encode(piece)
      })()
    },
  }
  const request = new Request('http://portal/things/rows?format=csv&sort=-name&search=tab')
  const answer = await answerRows(actor('auditor'), request, list)
  expect([answer.headers.get('x-rows'), await answer.text()]).toEqual([null, 'name\r\ncsv desc tab\r\n'])
})

test('nothing is counted for a file that may not begin', async () => {
  pace.mockRejectedValueOnce(new Refusal('rate_limited', 'Too many.'))
  await expect(news('format=csv')).rejects.toThrow('Too many.')
  expect((await news('format=nothing')).asked).toEqual([])
})

const LONG_AGO = new Date(Date.now() - 25 * 60 * 60_000).toISOString()

test.each([LONG_AGO, 'yesterday', '', '%2B275760-09-13T00:00:00.000Z', '-000001-01-01T00:00:00Z', '1'])(
  'news since %j are none',
  async (since) => {
    expect(await news(`since=${since}`)).toEqual({ status: 400, asked: [] })
  },
)
