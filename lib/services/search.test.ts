/** The palette finds by whatever people have, and nothing that a list would not show them. */
import { beforeEach, describe, expect, test } from 'vitest'
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import { createSearch, type SearchDependencies, type SearchService } from './search'

const ID = '0b7d4a52-6c1f-4c7e-9a53-0d6f4f4d9a11'
const OTHER = '1c7d4a52-6c1f-4c7e-9a53-0d6f4f4d9a11'
const ada = { type: 'user', id: 'ada', name: 'Ada', role: 'admin', via: 'ui' } as unknown as Actor

const unknown = async () => {
  throw new Refusal('not_found', 'There is none.', { reason: 'unknown' })
}
const page = <T>(items: T[]) => ({ items, nextCursor: null })
const certificate = { id: ID, commonName: 'tablet-7', subject: 'CN=tablet-7', serial: '0A1B', status: 'issuer_revoked' }
const enrolment = { id: OTHER, subject: 'CN=tablet-7', state: 'refused', operation: 'PKCSReq' }

let asked: string[]
let search: SearchService
let dependencies: SearchDependencies

beforeEach(() => {
  asked = []
  const noting =
    <T>(name: string, answer: T) =>
    async (_: Actor, filter: object) => {
      asked.push(`${name} ${JSON.stringify(filter)}`)
      return answer
    }
  dependencies = {
    store: { transactionsNamed: async (id: string) => (id === 'device-chose-this' ? [OTHER] : []) },
    certificates: {
      list: noting('certificates', page([certificate])),
      get: async (_: Actor, id: string) => (id === ID ? certificate : unknown()),
    },
    challenges: { list: noting('challenges', page([])), get: unknown },
    devices: { list: noting('devices', page([])), get: unknown },
    groups: {
      outlines: async () => [
        { slug: 'it', name: 'IT', endpoints: [{ slug: 'it-phones', name: 'Phones' }] },
        { slug: 'staff', name: 'Staff', endpoints: [] },
      ],
    },
    transactions: {
      list: noting('transactions', page([enrolment])),
      get: async (_: Actor, id: string) => (id === OTHER ? enrolment : unknown()),
    },
    help: {
      pages: async () => [
        {
          name: 'crl',
          title: 'Revocation lists',
          summary: '',
          tokens: [],
          sections: [
            { id: 'revocation-lists', title: 'Revocation lists', depth: 1 },
            { id: 'shards', title: 'Shards', depth: 2 },
          ],
        },
      ],
      page: async () => null,
    },
  } as unknown as SearchDependencies
  search = createSearch(dependencies)
})

describe('by text', () => {
  test('each list is asked for it, and says what its things are worth', async () => {
    expect(await search.find(ada, ' tablet ')).toEqual([
      { kind: 'certificate', key: ID, title: 'tablet-7', detail: 'issuer revoked' },
      { kind: 'enrolment', key: OTHER, title: 'CN=tablet-7', detail: 'refused' },
    ])
    expect(asked.sort()).toEqual([
      'certificates {"search":"tablet"}',
      'challenges {"search":"tablet"}',
      'devices {"search":"tablet"}',
      'transactions {"device":"tablet"}',
    ])
  })

  test('two letters find groups and endpoints, and ask nothing of what there is by the million', async () => {
    expect(await search.find(ada, 'it')).toEqual([
      { kind: 'group', key: 'it', title: 'IT', detail: null },
      { kind: 'endpoint', key: 'it-phones', title: 'IT Phones', detail: 'it-phones' },
    ])
    expect(asked).toEqual([])
    expect(await search.find(ada, 'i')).toEqual([])
  })

  test('the documentation is found by its headings', async () => {
    expect(await search.find(ada, 'sh')).toEqual([
      { kind: 'help', key: 'crl#shards', title: 'Shards', detail: 'Revocation lists' },
    ])
  })

  test('a transaction is found by the id that its device chose, once', async () => {
    const found = await search.find(ada, 'device-chose-this')
    expect(found.filter(({ kind }) => kind === 'enrolment')).toEqual([
      { kind: 'enrolment', key: OTHER, title: 'CN=tablet-7', detail: 'refused' },
    ])
  })
})

test('an id finds its row, whatever it is a row of', async () => {
  expect(await search.find(ada, ID.toUpperCase())).toMatchObject([{ kind: 'certificate', key: ID }])
  expect(await search.find(ada, OTHER)).toMatchObject([{ kind: 'enrolment', key: OTHER }])
  expect(asked).toEqual([])
})

describe('what the actor may not see', () => {
  test('is not found, and hides nothing else', async () => {
    dependencies.certificates.list = async () => {
      throw new Refusal('forbidden', 'No.', { reason: 'no_permission' })
    }
    expect((await search.find(ada, 'tablet')).map(({ kind }) => kind)).toEqual(['enrolment'])
  })

  test('somebody without a role is refused', async () => {
    await expect(search.find({ ...ada, role: null }, 'tablet')).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  test('an outage is no empty answer', async () => {
    dependencies.certificates.list = async () => {
      throw new Error('the database is gone')
    }
    await expect(search.find(ada, 'tablet')).rejects.toThrow('gone')
  })
})
