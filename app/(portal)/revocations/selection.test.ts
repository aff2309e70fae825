/** What the address of a bulk revocation means, and when it means nothing. */
import { expect, test } from 'vitest'
import { keyOfDevice } from '@/lib/services/devices'
import { readSelection } from './selection'

const selected = async (query: string) =>
  (await readSelection(Promise.resolve(Object.fromEntries(new URLSearchParams(query))))).selection

test.each([
  ['', {}],
  ['group=staff&status=expiring&issuance=renewal', { group: 'staff', status: 'expiring', issuance: 'renewal' }],
  ['endsFrom=2026-03-01&issuedTo=2026-02-01', { endsFrom: '2026-03-01', issuedTo: '2026-02-01' }],
  [`device=${keyOfDevice('CN=tablet-7')}`, { subject: 'CN=tablet-7' }],
])('%j are those of its filters', async (query, filter) => {
  expect(await selected(query)).toEqual({ filter })
})

test.each(['status=current', 'group=staff&status=expried', 'issuance=second', 'device=%2Fnobody'])(
  '%j selects nothing, rather than more than was meant',
  async (query) => {
    expect(await selected(query)).toBeNull()
  },
)
