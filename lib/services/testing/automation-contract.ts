/** What API keys, idempotent work and limits promise, whichever store is beneath them. */
import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Actor, KeyRole } from '@/lib/services/actor'
import { origin, person } from './people'
import { cli, expectRefusal, type Portal, refusalOf } from './people-portal'

export function automationContract(portal: Portal): void {
  describe('API keys', () => {
    const make = (role: KeyRole = 'operator', expiresInDays?: number) =>
      portal.access.createApiKey(cli, {
        name: 'Fleet',
        role,
        ...(expiresInDays === undefined ? {} : { expiresInDays }),
      })
    const present = (key: string) => portal.access.actorOfApiKey(origin(), `Bearer ${key}`)

    test('are shown once and open the door until they expire', async () => {
      const { id, key, view } = await make()
      expect(key).toMatch(/^lk_[0-9a-f]{8}_[A-Za-z0-9_-]{43}_[0-9a-f]{8}$/)
      expect(view).toMatchObject({ id, role: 'operator', hint: key.slice(0, 11), createdBy: 'Command line' })
      expect(await present(key)).toMatchObject({ type: 'service', id, name: 'Fleet', role: 'operator', via: 'api' })
      expect(await portal.access.apiKeys(cli)).toMatchObject([{ id, lastUsedAt: portal.clock() }])
      expect(JSON.stringify(await portal.access.apiKeys(cli))).not.toContain(key.slice(12))
      portal.clock.advance({ days: 90 })
      expect(await refusalOf(present(key))).toMatchObject({ code: 'unauthenticated', reason: 'expired' })
    })

    test('stop at once when revoked, and only the first revocation is an event', async () => {
      const { id, key } = await make()
      const lines = await portal.since(async () => {
        await portal.access.revokeApiKey(cli, id)
        await portal.access.revokeApiKey(cli, id)
        expect(await refusalOf(present(key))).toMatchObject({ code: 'unauthenticated', reason: 'revoked' })
      })
      expect(lines).toEqual([
        { type: 'iam.token.revoked', outcome: 'success' },
        { type: 'iam.token.rejected', outcome: 'denied', reason: 'revoked' },
      ])
    })

    test.each([
      [null, 'not_signed_in'],
      ['', 'malformed'],
      ['Basic bGs6', 'malformed'],
      ['Bearer lk_', 'malformed'],
      [`Bearer ${'x'.repeat(100_000)}`, 'malformed'],
      [`Bearer lk_00000000_${'A'.repeat(43)}_00000000`, 'malformed'],
    ])('refuse %j', async (header, reason) => {
      expect(await refusalOf(portal.access.actorOfApiKey(origin(), header))).toMatchObject({
        code: 'unauthenticated',
        reason,
      })
    })

    test('of another installation are unknown', async () => {
      const { key } = await make()
      const body = `${key.slice(0, 12)}${'A'.repeat(43)}`
      const { crc32 } = await import('node:zlib')
      const refusal = await refusalOf(present(`${body}_${crc32(body).toString(16).padStart(8, '0')}`))
      expect(refusal).toMatchObject({ code: 'unauthenticated', reason: 'unknown' })
    })

    test('of operators are limited to groups', async () => {
      const { key, view } = await portal.access.createApiKey(cli, {
        name: 'Script',
        role: 'operator',
        groups: ['staff'],
      })
      expect(view).toMatchObject({ groups: [{ slug: 'staff', name: 'Staff' }], endpoints: null })
      const actor = await present(key)
      expect(actor).toMatchObject({ role: 'operator', groups: ['staff'] })
      expect(actor).not.toHaveProperty('scope')
      const another = await portal.access.createApiKey(cli, { name: 'Other', role: 'operator' })
      expect(await present(another.key)).not.toHaveProperty('groups')
    })

    test.each([
      ['a group that does not exist', { groups: ['nowhere'] }, 'groups'],
      ['no group at all', { groups: [] }, 'groups'],
      ['groups and the role of an administrator', { role: 'admin', groups: ['staff'] }, 'role'],
      ['groups and the role of an auditor', { role: 'auditor', groups: ['staff'] }, 'role'],
      ['groups and endpoints at once', { groups: ['staff'], endpoints: ['staff'] }, 'groups'],
      ['an endpoint that does not exist', { endpoints: ['nowhere'] }, 'endpoints'],
      ['no endpoint at all', { endpoints: [] }, 'endpoints'],
      ['the role of an administrator', { role: 'admin', endpoints: ['staff'] }, 'role'],
      ['the role of a RADIUS server', { role: 'radius', endpoints: ['staff'] }, 'role'],
    ] as const)('are not limited with %s', async (_what, wrong, field) => {
      const lines = await portal.since(async () => {
        const made = portal.access.createApiKey(cli, { name: 'MDM', role: 'operator', ...wrong })
        expect(await refusalOf(made)).toMatchObject({ code: 'invalid_input', fields: { [field]: expect.any(String) } })
      })
      expect(lines).toEqual([])
      expect(await portal.access.apiKeys(cli)).toEqual([])
    })

    test.each([0, 366, 1.5, Number.NaN])('do not live %d days', async (days) => {
      await expectRefusal(make('admin', days), 'invalid_input')
    })
  })

  describe('idempotent work', () => {
    const hash = (text: string) => createHash('sha256').update(text).digest()
    const created = { status: 201, body: '{"challenge":"CANARY"}' }
    let service: Actor
    let apiKey: string
    const run = (work: () => Promise<{ status: number; body: string }>, idempotencyKey = 'key-1', request = 'POST /') =>
      portal.access.idempotent(service, { apiKey, idempotencyKey }, hash(request), work)

    beforeEach(async () => {
      const made = await portal.access.createApiKey(cli, { name: 'Fleet', role: 'operator' })
      apiKey = made.key
      service = await portal.access.actorOfApiKey(origin(), `Bearer ${apiKey}`)
    })

    test('is done once, and a repeat gets the same answer', async () => {
      let times = 0
      const work = async () => ({ ...created, body: `{"n":${++times}}` })
      expect(await run(work)).toEqual({ status: 201, body: '{"n":1}', replayed: false })
      expect(await run(work)).toEqual({ status: 201, body: '{"n":1}', replayed: true })
      expect(await run(work, 'key-2')).toEqual({ status: 201, body: '{"n":2}', replayed: false })
    })

    test('is done once by twenty callers at the same instant', async () => {
      let times = 0
      const work = async () => {
        times += 1
        await new Promise((resolve) => setTimeout(resolve, 20))
        return created
      }
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => run(work)))
      expect(times).toBe(1)
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') expect(outcome.value).toMatchObject(created)
        else expect(outcome.reason).toMatchObject({ code: 'conflict', reason: 'still_running' })
      }
      expect(await run(work)).toMatchObject({ ...created, replayed: true })
    })

    test('refuses the same key for another request', async () => {
      await run(async () => created)
      const refusal = await refusalOf(run(async () => created, 'key-1', 'POST /other'))
      expect(refusal).toMatchObject({ code: 'conflict', reason: 'idempotency_key_reused' })
    })

    test.each([400, 409, 500, 503])('keeps no answer with status %i', async (status) => {
      expect(await run(async () => ({ status, body: 'no' }))).toMatchObject({ status, replayed: false })
      expect(await run(async () => created)).toMatchObject({ ...created, replayed: false })
    })

    test('may be tried again when it failed', async () => {
      await expect(run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
      expect(await run(async () => created)).toMatchObject({ ...created, replayed: false })
    })

    test('that a crash left behind may be taken over after a minute', async () => {
      let finish = (_: { status: number; body: string }) => {}
      const crashed = run(
        () =>
          new Promise((resolve) => {
            finish = resolve
          }),
      )
      await new Promise((resolve) => setTimeout(resolve, 50))
      await expectRefusal(
        run(async () => created),
        'conflict',
      )
      portal.clock.advance({ seconds: 61 })
      expect(await run(async () => created)).toMatchObject({ ...created, replayed: false })
      finish({ status: 201, body: 'too late' })
      await crashed
      expect(await run(async () => created)).toMatchObject({ ...created, replayed: true })
    })

    test('is forgotten after a day', async () => {
      await run(async () => created)
      portal.clock.advance({ hours: 25 })
      await portal.runPrune()
      expect(await run(async () => created)).toMatchObject({ replayed: false })
    })

    test('is for API keys alone', async () => {
      const { idempotent } = portal.access
      const secrets = { apiKey: 'x', idempotencyKey: 'y' }
      await expectRefusal(
        idempotent(person('admin'), secrets, hash('x'), async () => created),
        'forbidden',
      )
      await expectRefusal(
        run(async () => created, 'with space'),
        'invalid_input',
      )
      await expectRefusal(
        run(async () => created, 'x'.repeat(256)),
        'invalid_input',
      )
    })
  })

  describe('a limit', () => {
    test('is exact for callers at the same instant, and recorded once', async () => {
      const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => portal.access.limit('mint:1', 10, 60)))
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(10)
      expect(await portal.people.recorded()).toEqual([
        { type: 'system.rate_limited', outcome: 'denied', reason: 'limit_reached' },
      ])
      expect(await refusalOf(portal.access.limit('mint:1', 10, 60))).toMatchObject({
        code: 'rate_limited',
        retryAfterSeconds: 60,
      })
      await portal.access.limit('mint:2', 10, 60)
      portal.clock.advance({ seconds: 61 })
      await portal.access.limit('mint:1', 10, 60)
    })
  })

  test('no secret comes into the trail', async () => {
    const canaries = [
      'canary walnut turbine gleam',
      'canary kettle violet north',
      'canary@typed-into-the-wrong-field.example',
    ]
    const [first = '', second = '', typed = ''] = canaries
    const user = await portal.access.createUser(cli, {
      name: 'Ada',
      email: 'ada@example.org',
      role: 'admin',
      password: first,
    })
    const { token } = await portal.access.signIn(origin(), user.email, first)
    const actor = (await portal.access.actorOfSession(origin(), token)) ?? person(null)
    await refusalOf(portal.access.signIn(origin(), typed, first))
    await refusalOf(portal.access.changeOwnPassword(actor, second, second))
    await portal.access.changeOwnPassword(actor, first, second)
    const { key } = await portal.access.createApiKey(actor, { name: 'Fleet', role: 'admin' })
    const service = await portal.access.actorOfApiKey(origin(), `Bearer ${key}`)
    const secrets = { apiKey: key, idempotencyKey: 'canary-idempotency' }
    await portal.access.idempotent(service, secrets, Buffer.alloc(32), async () => ({
      status: 201,
      body: 'canary body',
    }))
    await portal.access.revokeApiKey(actor, service.id ?? '')
    await refusalOf(portal.access.actorOfApiKey(origin(), `Bearer ${key}`))
    const trail = await portal.people.wholeTrail()
    for (const secret of [...canaries, token, key, key.slice(12, 55), 'canary']) expect(trail).not.toContain(secret)
    expect(trail).toContain('ada@example.org')
  })
}
