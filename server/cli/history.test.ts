/** The past on the command line: each command asks the service it should, and says what it heard. */
import { beforeEach, expect, test } from 'vitest'
import { type Fakes, latchkey } from './testing/terminal'

const AT = new Date('2026-03-14T23:59:59Z')
const staff = { slug: 'staff', name: 'Staff' }
const version = {
  version: 3,
  at: AT,
  origin: 'changed',
  by: { type: 'user', id: 'u1', name: 'Ada Admin', via: 'ui', sourceIp: null },
  event: { seq: '7', type: 'endpoint.updated' },
  changes: [{ field: 'allowSha1', before: true, after: false }],
}

let asked: unknown[][]
const noted =
  (answer: unknown) =>
  async (...args: unknown[]): Promise<never> => {
    asked.push(args.slice(1))
    return answer as never
  }
beforeEach(() => {
  asked = []
})

test('audit as-of counts by policy and lists', async () => {
  const row = { group: staff, issuer: staff, endpoint: staff, policyVersion: 3 }
  const leaf = { ...row, serial: '0A', subject: 'CN=tablet-7', notAfter: AT }
  const services: Fakes = {
    asOf: {
      counts: noted({ at: AT, total: 1, counts: [{ ...row, certificates: 1 }] }),
      list: noted({ at: AT, items: [leaf], nextCursor: 'more' }),
    },
  }
  const { out } = await latchkey(['audit', 'as-of', '--on', '2026-03-14', '--group', 'staff'], { services })
  expect(asked).toEqual([
    ['2026-03-14', { group: 'staff' }],
    ['2026-03-14', { group: 'staff' }, { limit: 50 }],
  ])
  for (const said of ['1 valid at', 'staff v3', 'CN=tablet-7', '--cursor more']) expect(out).toContain(said)
})

test('audit compare says what came, what went, and who changed which policy', async () => {
  const groups = [
    {
      ...{ group: staff, before: 4, after: 3 },
      came: { issued: 1, renewed: 1, released: 0 },
      gone: { expired: 2, revoked: 1, held: 0, issuer_revoked: 0 },
    },
  ]
  const policies = [{ ...version, object: { type: 'endpoint', ...staff } }]
  const authorities = [{ authority: staff, what: 'created', at: AT }]
  const services: Fakes = { asOf: { compare: noted({ from: AT, to: AT, groups, policies, authorities }) } }
  const { out } = await latchkey(['audit', 'compare', '--from', '2026-03-01'], { services })
  expect(asked).toEqual([[{ from: '2026-03-01' }, {}]])
  for (const said of ['+2', '-3', 'endpoint staff v3', 'Ada Admin', 'allowSha1', 'created']) expect(out).toContain(said)
})

test('audit activity names whom it is of, or says how', async () => {
  const sums = {
    ...{ issued: 2, renewed: 1, challenges: 2, enrolments: [{ state: 'issued', count: 2 }] },
    revocations: [{ by: 'Ada Admin', reason: 'keyCompromise', count: 1 }],
    decisions: [],
  }
  const events = { counts: [{ type: 'endpoint.updated', outcome: 'success', count: 2 }], more: false }
  const services: Fakes = { activity: { summary: noted({ subject: staff, from: AT, to: AT, sums, events }) } }
  const { out } = await latchkey(['audit', 'activity', 'group:staff', '--to', '2026-03-31'], { services })
  expect(asked).toEqual([[{ kind: 'group', id: 'staff', to: '2026-03-31' }]])
  for (const said of ['1 by Ada Admin (keyCompromise)', 'endpoint.updated']) expect(out).toContain(said)
  expect(await latchkey(['audit', 'activity', 'staff'], { services })).toMatchObject({ code: 2 })
})

test.each(['endpoint', 'group'] as const)('%s versions says what was changed and by whom', async (type) => {
  const past = { ...version, version: 2, origin: 'unrecorded', by: null }
  const services: Fakes = { policyVersions: { list: noted({ items: [version, past], nextCursor: null }) } }
  const { out } = await latchkey([type, 'versions', 'staff'], { services })
  expect(asked).toEqual([[{ type, slug: 'staff' }, { limit: 50 }]])
  for (const said of ['Ada Admin', 'allowSha1: true -> false', 'in the database itself']) expect(out).toContain(said)
})

test('certificate provenance says who asked, under which policy, who approved and which key signed', async () => {
  const provenance = {
    certificate: { subject: 'CN=tablet-7' },
    requested: { at: AT, by: { name: 'tablet-7' }, sourceIp: '192.0.2.9' },
    allowed: { origin: 'approval', by: 'Otto' },
    policy: { endpoint: staff, version, current: 4, changedSince: version.changes },
    validator: { name: 'Desk', verdict: 'allow' },
    approvals: [{ name: 'Otto Operator', approves: true, at: AT }],
    signed: { at: AT, issuer: { name: 'Staff CA' }, keyAlgorithm: 'p256', keySha256: 'abcd' },
  }
  const services: Fakes = { provenance: { of: noted(provenance) } }
  const { out } = await latchkey(['certificate', 'provenance', '0A'], { services })
  expect(asked).toEqual([['0A']])
  for (const said of ['192.0.2.9', 'staff v3 of 4, 1 different today', 'Desk said allow', 'Otto Operator', 'p256 abcd'])
    expect(out).toContain(said)
})
