import { expect, test } from 'vitest'
import { createUnderWay } from '@/lib/services/under-way'
import type { Database } from './database'
import { shareCommitsAmong, sharingCommit, type WriteKind } from './shared-commit'

test('whom to wait for is told before the first kind of write is made, or it is an error', () => {
  const database = {} as Database
  const kind: WriteKind<never, never> = {
    name: 'none',
    expressions: '',
    first: [],
    prepare: () => ({ values: [], results: () => [] }),
  }
  shareCommitsAmong(database, createUnderWay())
  sharingCommit(database, kind)
  expect(() => shareCommitsAmong(database, createUnderWay())).toThrow('writes already')
})
