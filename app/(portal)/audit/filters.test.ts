/** What the address of the audit page asks for, however much somebody wrote into it. */
import { expect, test } from 'vitest'
import { createAuditObjects } from '@/lib/services/audit-objects'
import { keyOfDevice } from '@/lib/services/devices'
import { person } from '@/lib/services/testing/people'
import { wantedOf } from './filters'

test('the story of a device with a long name is that of this very device', async () => {
  const name = `CN=${'tablet of somebody '.repeat(50)}`
  const { about = '' } = wantedOf(new URLSearchParams({ about: `device:${keyOfDevice(name)}` }))
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

test('other filters are cut, and hold no control characters', () => {
  expect(wantedOf(new URLSearchParams({ actor: '\0a'.repeat(500), other: 'x' }))).toEqual({ actor: 'a'.repeat(300) })
})
