/** Decisions about many requests are bounded, and an outage on the way takes nothing back. The rest is approval-contract.ts. */
import { expect, test } from 'vitest'
import { isRefusal, Refusal } from '@/lib/errors'
import { DECIDED_AT_ONCE } from './approval-types'
import { type ApprovalsDependencies, createApprovals } from './approvals'
import { actor } from './testing/harness'

const unused = new Proxy({}, { get: () => () => Promise.reject(new Error('not asked')) })

/** So many wait, and the database goes away after so many of them. */
function queueOf(waiting: number, lasts = waiting) {
  const decided: string[] = []
  const request = { group: { slug: 'staff', name: 'Staff' }, approvalsRequired: 1 }
  const store = {
    get: async () => request,
    undecided: async (_filter: object, { limit }: { limit: number }) =>
      Array.from({ length: Math.min(waiting, limit) }, (_, index) => `request ${index}`),
    approved: () => Promise.reject(new Error('nobody foresaw this')),
    decide: async ({ id, approves }: { id: string; approves: boolean }) => {
      if (decided.length === lasts) throw new Refusal('unavailable', 'The database cannot answer.')
      decided.push(id)
      return { outcome: 'recorded', state: approves ? 'approved' : 'denied', approvals: approves ? 1 : 0, required: 1 }
    },
  }
  const dependencies = { store, grants: unused, challenges: unused, issuance: unused }
  const approvals = createApprovals(dependencies as unknown as ApprovalsDependencies)
  const decideAll = (approves: boolean) =>
    approvals.decideMany(actor('operator'), { filter: {}, before: new Date() }, { approves })
  return { decided, denyAll: () => decideAll(false), approveAll: () => decideAll(true) }
}

test('no more than some hundred at once, the oldest first, and it says that there are others', async () => {
  const { decided, denyAll } = queueOf(DECIDED_AT_ONCE + 1)
  expect(await denyAll()).toEqual({ decided: DECIDED_AT_ONCE, skipped: {}, more: true })
  expect(decided[0]).toBe('request 0')
  expect(await queueOf(DECIDED_AT_ONCE).denyAll()).toEqual({ decided: DECIDED_AT_ONCE, skipped: {}, more: false })
})

test('an outage half way: what was decided is told, and that there are others', async () => {
  expect(await queueOf(5, 3).denyAll()).toEqual({ decided: 3, skipped: {}, more: true })
  const refusal = await queueOf(5, 0)
    .denyAll()
    .catch((error: unknown) => error)
  expect(isRefusal(refusal, 'unavailable')).toBe(true)
})

test('a certificate that cannot be made takes no decision back, nor does it hide one', async () => {
  const { decided, approveAll } = queueOf(3)
  expect(await approveAll()).toEqual({ decided: 3, skipped: {}, more: false })
  expect(decided).toHaveLength(3)
})
