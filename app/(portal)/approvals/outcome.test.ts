/** Decisions about many requests in words. */
import { expect, test } from 'vitest'
import { outcomeOf } from './outcome'
import { DecisionsSchema } from './schema'

test('it says how many were decided, and how many were left out and why', () => {
  expect(outcomeOf({ decided: 1, skipped: {}, more: false }, false)).toEqual({ title: '1 request denied' })
  expect(outcomeOf({ decided: 12, skipped: { expired: 2, again: 1 }, more: true }, true)).toEqual({
    title: '12 requests approved',
    description:
      'Certificates follow where nobody else has to approve. 3 left out: 2 expired, 1 decided by you before. Others still wait: do it again.',
  })
})

const form = { approves: 'yes', before: '2026-03-01T12:00:00.000Z' }
const id = crypto.randomUUID()

test('the form says which: ticked ones, or the filters of the list', () => {
  const before = new Date(form.before)
  expect(DecisionsSchema.parse({ ...form, requests: `${id} ${id}`, comment: ' New\n tablets ' })).toEqual({
    ...{ approves: true, requests: [id, id], before, comment: 'New tablets' },
  })
  expect(DecisionsSchema.parse({ ...form, approves: 'no', query: '' })).toEqual({ approves: false, query: '', before })
})

test.each([
  ['neither', {}],
  ['both', { requests: id, query: '' }],
  ['no id', { requests: 'all' }],
  ['more than five hundred', { requests: Array(501).fill(id).join(' ') }],
  ['no decision', { approves: 'perhaps', query: '' }],
  ['a long comment', { query: '', comment: 'a'.repeat(501) }],
])('%s is refused', (_what, change) => {
  expect(DecisionsSchema.safeParse({ ...form, ...change }).success).toBe(false)
})
