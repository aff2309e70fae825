/** A key that is limited to endpoints: everything about their challenges, nothing about others, and nothing else at all. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAccess } from '@/lib/services/access'
import { type Actor, systemActor } from '@/lib/services/actor'
import { createAudit } from '@/lib/services/audit-trail'
import { createAlarms } from '@/lib/services/challenge-alarms'
import { createChallengeValidation } from '@/lib/services/challenge-validation'
import { createChallenges } from '@/lib/services/challenges'
import { createPasswords } from '@/lib/services/passwords'
import { can, PERMISSIONS, type Permission } from '@/lib/services/permissions'
import { type Installation, installation, newDevice } from '@/lib/services/testing/harness'
import { accessStore } from './access'
import { auditStore } from './audit'
import { alarmStore } from './challenge-alarms'
import { validationStore } from './challenge-validation'
import { challengeStore } from './challenges'
import { scepEnrolmentStore } from './scep-enrolment'
import { postgresBacking } from './testing/postgres-backing'

const cli = systemActor('cli', 'test')
const origin = { ip: '192.0.2.7', userAgent: null, requestId: 'request-1' }
let backing: Awaited<ReturnType<typeof postgresBacking>>
let portal: Installation
let services: ReturnType<typeof build>
let limited: Actor
let others: string

function build() {
  const { database } = backing
  const { signer, urls } = portal
  const clock = () => new Date()
  const audit = createAudit({ store: auditStore(database), clock })
  const access = createAccess({
    store: accessStore(database),
    signer,
    passwords: createPasswords({ signer }),
    audit,
    clock,
  })
  return {
    access,
    challenges: createChallenges({ store: challengeStore(database), signer, urls, audit, limit: access.limit }),
    alarms: createAlarms({ store: alarmStore(database) }),
    validation: createChallengeValidation({
      store: validationStore(database),
      turns: scepEnrolmentStore(database),
      authoriser: {
        authorise: async () => {
          throw new Error('asked for a dry run alone')
        },
      },
      signer,
      clock,
    }),
  }
}

beforeAll(async () => {
  backing = await postgresBacking()
  portal = installation(backing)
  await portal.setUp()
  await portal.createGroup('Staff')
  await portal.createGroup('Guests')
  services = build()
  const made = await services.access.createApiKey(cli, { name: 'MDM', role: 'operator', endpoints: ['staff', 'staff'] })
  expect(made.view.endpoints).toMatchObject([{ slug: 'staff' }])
  limited = await services.access.actorOfApiKey(origin, `Bearer ${made.key}`)
  others = (await services.challenges.mint(cli, { endpoint: 'guests', subject: 'CN=theirs' })).id
}, 120_000)
afterAll(() => backing?.close())

const outside = { code: 'forbidden', reason: 'outside_scope' }

test('it says what it is limited to, and nobody takes it for another', async () => {
  expect(limited).toMatchObject({ type: 'service', role: 'operator', scope: ['staff'] })
  expect(await services.access.apiKeys(cli)).toMatchObject([{ endpoints: [{ slug: 'staff' }] }])
  const { key } = await services.access.createApiKey(cli, { name: 'Script', role: 'operator' })
  expect(await services.access.actorOfApiKey(origin, `Bearer ${key}`)).not.toHaveProperty('scope')
})

test('it mints, sees, re-issues and revokes the challenges of its endpoint', async () => {
  const { challenges } = services
  const minted = await challenges.mint(limited, { endpoint: 'staff', subject: 'CN=tablet-7' })
  expect(await challenges.get(limited, minted.id)).toMatchObject({ subject: 'CN=tablet-7' })
  const again = await challenges.reissue(limited, minted.id)
  expect(await challenges.revoke(limited, again.id)).toMatchObject({ state: 'revoked' })
  const { items } = await challenges.list(limited, {}, {})
  expect(items.map(({ endpoint }) => endpoint.slug)).toEqual(['staff', 'staff'])
  expect((await challenges.list(limited, { endpoint: 'staff' }, {})).items).toHaveLength(2)
})

describe('of other endpoints', () => {
  test('it mints none, and cannot tell which there are', async () => {
    for (const endpoint of ['guests', 'no-such-endpoint'])
      await expect(services.challenges.mint(limited, { endpoint, subject: 'CN=x' })).rejects.toMatchObject(outside)
  })

  test('it sees and changes no challenge', async () => {
    const { challenges } = services
    for (const attempt of [
      () => challenges.get(limited, others),
      () => challenges.revoke(limited, others),
      () => challenges.reissue(limited, others),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'not_found' })
    await expect(challenges.list(limited, { endpoint: 'guests' }, {})).rejects.toMatchObject(outside)
    expect((await challenges.list(limited, { group: 'guests' }, {})).items).toEqual([])
    expect((await challenges.list(limited, { search: others }, {})).items).toEqual([])
    expect(await challenges.get(cli, others)).toMatchObject({ state: 'pending' })
  })

  test('it checks no request', async () => {
    const csr = Buffer.from(newDevice('tablet-7').csr).toString('base64')
    const ask = (endpoint: string) => services.validation.validate(limited, { endpoint, csr, dryRun: true })
    await expect(ask('guests')).rejects.toMatchObject(outside)
    await expect(ask('staff')).resolves.toMatchObject({ allow: false })
  })

  test('it reads none', async () => {
    expect((await portal.groups.listEndpoints(limited)).map(({ slug }) => slug)).toEqual(['staff'])
    expect(await portal.groups.getEndpoint(limited, 'staff')).toMatchObject({ slug: 'staff' })
    await expect(portal.groups.getEndpoint(limited, 'guests')).rejects.toMatchObject(outside)
  })
})

test('everything else is refused, whatever its role may', async () => {
  for (const permission of Object.keys(PERMISSIONS) as Permission[]) expect(can(limited, permission)).toBe(false)
  for (const attempt of [
    () => portal.groups.list(limited),
    () => portal.groups.get(limited, 'staff'),
    () => portal.groups.authorities(limited),
    () => portal.groups.updateEndpoint(limited, 'staff', { enabled: false }),
    () => portal.certificates.list(limited, {}, { limit: 5 }),
    () => services.alarms.open(limited),
    () => services.alarms.list(limited, {}, {}),
    () => services.access.apiKeys(limited),
    () => services.access.createApiKey(limited, { name: 'x', role: 'admin' }),
    () => services.access.users(limited),
  ])
    await expect(attempt()).rejects.toMatchObject(outside)
})

test('an auditor’s key looks on', async () => {
  const { key } = await services.access.createApiKey(cli, { name: 'Watch', role: 'auditor', endpoints: ['staff'] })
  const watch = await services.access.actorOfApiKey(origin, `Bearer ${key}`)
  expect((await services.challenges.list(watch, {}, {})).items).toHaveLength(2)
  await expect(services.challenges.mint(watch, { endpoint: 'staff', subject: 'CN=x' })).rejects.toMatchObject(outside)
})
