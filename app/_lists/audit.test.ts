/** What the address of the audit page asks for, however much somebody wrote into it. */
import { expect, test } from 'vitest'
import { createAuditObjects } from '@/lib/services/audit-objects'
import { keyOfDevice } from '@/lib/services/devices'
import { person } from '@/lib/services/testing/people'
import { AUDIT_LIST } from './audit'
import { readView } from './list-view'

async function filterOf(query: Record<string, string>) {
  return AUDIT_LIST.filterOf((await readView(Promise.resolve(query), AUDIT_LIST)).view.filters)
}

test('each filter means what it says, and what says nothing is none', async () => {
  expect(
    await filterOf({
      ...{ search: 'tab', kind: 'denied', outcome: 'failure', actor: 'u1', about: 'group:g1', address: '192.0.2.7' },
      ...{ from: '2026-03-01', to: '2026-03-02' },
    }),
  ).toEqual({
    ...{
      search: 'tab',
      types: ['authz.'],
      outcome: 'failure',
      actorId: 'u1',
      about: 'group:g1',
      sourceIp: '192.0.2.7',
    },
    ...{ from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-03-03T00:00:00Z') },
  })
  expect(await filterOf({ search: 'ta', kind: 'x', outcome: 'x', from: 'yesterday', to: '', owner: 'x' })).toEqual({})
})

test('the story of a device with a long name is that of this very device', async () => {
  const name = `CN=${'tablet of somebody '.repeat(50)}`
  const { about = '' } = await filterOf({ about: `device:${keyOfDevice(name)}` })
  const asked: string[] = []
  const { story } = createAuditObjects({
    store: {
      named: async () => [],
      related: async () => [],
      async certificatesOf(subject) {
        asked.push(subject)
        return ['certificate-1']
      },
    },
  })
  expect(await story(person('auditor'), about)).toMatchObject({ name, objects: [{ id: 'certificate-1' }] })
  expect(asked).toEqual([name])
})

test('other filters are cut, and hold no control characters', async () => {
  expect(await filterOf({ actor: '\0a'.repeat(500) })).toEqual({ actorId: 'a'.repeat(300) })
})
