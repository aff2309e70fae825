/** What access promises, whichever store is beneath it: run on the one in memory and on Postgres. */
import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { isRefusal } from '@/lib/errors'
import { createAccess } from '@/lib/services/access'
import type { AccessService, UserView } from '@/lib/services/access-types'
import { type Actor, type Role, systemActor } from '@/lib/services/actor'
import { createPasswords } from '@/lib/services/passwords'
import { createPruning } from '@/lib/services/pruning'
import {
  CHEAP,
  origin,
  type PeopleStore,
  person,
  recorder,
  type TestClock,
  testClock,
  testMac,
  testPasswords,
} from './people'

const GOOD = 'gleam turbine walnut echo'
const OTHER = 'violet kettle marches north'
const HOME = '192.0.2.1'
const AWAY = '198.51.100.7'
const cli = systemActor('cli', 'Command line')

export function accessContract(name: string, makePeople: () => Promise<PeopleStore>): void {
  describe(`access on ${name}`, () => {
    let people: PeopleStore
    let clock: TestClock
    let access: AccessService

    beforeEach(async () => {
      people = await makePeople()
      clock = testClock()
      access = createAccess({
        store: people.store,
        signer: testMac,
        passwords: testPasswords(),
        audit: recorder(people),
        clock,
      })
    })

    const addUser = (role: Role, email = `${role}@example.org`): Promise<UserView> =>
      access.createUser(cli, { name: `The ${role}`, email, role, password: GOOD })
    const signIn = (email: string, password = GOOD, ip = HOME) => access.signIn(origin(ip), email, password)
    const signedIn = async (role: Role): Promise<Actor> => {
      const { token } = await signIn((await addUser(role)).email)
      return (await access.actorOfSession(origin(), token)) ?? person(null)
    }
    const since = async (work: () => Promise<unknown>) => {
      const before = (await people.recorded()).length
      await work()
      return (await people.recorded()).slice(before)
    }
    const runPrune = () => createPruning({ store: people.store }).prune(clock())

    describe('signing in', () => {
      test('gives a token that is the actor until it ends, and says so in the trail', async () => {
        const user = await addUser('operator', 'Ada@Example.org')
        const lines = await since(async () => {
          const { token, expiresAt } = await signIn('  ADA@example.ORG ')
          expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
          expect(expiresAt.getTime() - clock().getTime()).toBe(12 * 3_600_000)
          const actor = await access.actorOfSession(origin(), token)
          expect(actor).toMatchObject({ type: 'user', id: user.id, role: 'operator', name: 'The operator', ip: HOME })
          await access.signOut(origin(), token)
          expect(await access.actorOfSession(origin(), token)).toBeNull()
        })
        expect(lines).toEqual([
          { type: 'authn.login.succeeded', outcome: 'success' },
          { type: 'authn.logout', outcome: 'success', reason: 'user' },
        ])
      })

      test.each([
        ['an unknown user', 'nobody@example.org', GOOD, 'unknown_user'],
        ['a wrong password', 'admin@example.org', OTHER, 'bad_password'],
        ['no address at all', 'admin\u202e@example.org', GOOD, 'unknown_user'],
      ])('answers %s with the same sentence', async (_, email, password, reason) => {
        await addUser('admin')
        const lines = await since(async () => {
          const refusal = await refusalOf(signIn(email, password))
          expect(refusal).toMatchObject({ code: 'unauthenticated', sentence: 'E-mail or password is wrong.' })
        })
        expect(lines).toEqual([{ type: 'authn.login.failed', outcome: 'failure', reason }])
      })

      test('answers a disabled user as it answers a wrong password', async () => {
        const user = await addUser('auditor')
        await access.updateUser(cli, user.id, { disabled: true })
        const refusal = await refusalOf(signIn(user.email))
        expect(refusal).toMatchObject({
          code: 'unauthenticated',
          sentence: 'E-mail or password is wrong.',
          reason: 'disabled',
        })
      })

      test('hashes again when the parameters rose', async () => {
        const user = await addUser('admin')
        const before = await people.store.user(user.id)
        const passwords = createPasswords({ signer: testMac, parameters: { ...CHEAP, passes: 2 } })
        const risen = createAccess({ store: people.store, signer: testMac, passwords, audit: recorder(people), clock })
        await risen.signIn(origin(), user.email, GOOD)
        const after = await people.store.user(user.id)
        expect(before?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$/)
        expect(after?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=8,t=2,p=1\$/)
        await risen.signIn(origin(), user.email, GOOD)
      })

      test('keeps the newest five sessions of a user', async () => {
        const { email } = await addUser('operator')
        const tokens: string[] = []
        for (let count = 0; count < 6; count += 1) {
          tokens.push((await signIn(email)).token)
          clock.advance({ seconds: 1 })
        }
        const alive = await Promise.all(tokens.map((token) => access.actorOfSession(origin(), token)))
        expect(alive.map((actor) => actor !== null)).toEqual([false, true, true, true, true, true])
      })
    })

    describe('limits on signing in', () => {
      test('delay an account from one place after five failures, longer each time, and end with a right password', async () => {
        const { email } = await addUser('operator')
        for (let failures = 0; failures < 5; failures += 1) await refusalOf(signIn(email, OTHER))
        expect(await refusalOf(signIn(email))).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 60 })
        clock.advance({ seconds: 61 })
        expect(await refusalOf(signIn(email, OTHER))).toMatchObject({ code: 'unauthenticated' })
        expect(await refusalOf(signIn(email))).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 120 })
        clock.advance({ seconds: 121 })
        await signIn(email)
        for (let failures = 0; failures < 4; failures += 1) await refusalOf(signIn(email, OTHER))
        await signIn(email)
      })

      test('delay an unknown account alike', async () => {
        for (let failures = 0; failures < 5; failures += 1) await refusalOf(signIn('nobody@example.org', OTHER))
        const refusal = await refusalOf(signIn('nobody@example.org'))
        expect(refusal).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 60 })
        expect(await people.recorded()).toContainEqual({
          type: 'authn.account.locked',
          outcome: 'denied',
          reason: 'too_many_failures',
        })
      })

      test('count other spellings of an address as the same', async () => {
        await addUser('operator')
        const spellings = [
          'operator@example.org',
          'OPERATOR@example.org',
          ' operator@EXAMPLE.org',
          'operator\uff20example.org',
        ]
        for (const email of [...spellings, 'Operator@Example.Org']) await refusalOf(signIn(email, OTHER))
        expect(await refusalOf(signIn('operator@example.org'))).toMatchObject({ code: 'rate_limited' })
      })

      test('let nobody guess more by guessing at once', async () => {
        const { email } = await addUser('operator')
        const refusals = await Promise.all(Array.from({ length: 12 }, () => refusalOf(signIn(email, OTHER))))
        const codes = refusals.map((refusal) => refusal.code)
        expect(codes.filter((code) => code === 'unauthenticated')).toHaveLength(5)
        expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(7)
      })

      test('never lock out an administrator who signed in from there before', async () => {
        const { email } = await addUser('admin')
        await signIn(email, GOOD, HOME)
        for (let failures = 0; failures < 20; failures += 1)
          await refusalOf(signIn(email, OTHER, `203.0.${failures}.9`))
        expect(await refusalOf(signIn(email, GOOD, AWAY))).toMatchObject({
          code: 'rate_limited',
          retryAfterSeconds: 3600,
        })
        await signIn(email, GOOD, '192.0.2.200')
        clock.advance({ minutes: 61 })
        await signIn(email, GOOD, AWAY)
      })

      test('delay one source that tries many accounts', async () => {
        const { email } = await addUser('operator')
        for (let tries = 0; tries < 20; tries += 1) await refusalOf(signIn(`nobody${tries}@example.org`, OTHER, AWAY))
        expect(await refusalOf(signIn(email, GOOD, AWAY))).toMatchObject({
          code: 'rate_limited',
          retryAfterSeconds: 3600,
        })
        await signIn(email, GOOD, HOME)
      })

      test('do not count what succeeds', async () => {
        const { email } = await addUser('operator')
        for (let times = 0; times < 25; times += 1) await signIn(email)
      })

      test('are lifted by an administrator who sets a new password', async () => {
        const { id, email } = await addUser('operator')
        for (let failures = 0; failures < 5; failures += 1) await refusalOf(signIn(email, OTHER))
        await access.setPassword(cli, id, OTHER)
        await signIn(email, OTHER)
      })

      test('record twenty refusals of a minute one by one and the others by their number', async () => {
        for (let tries = 0; tries < 30; tries += 1)
          await refusalOf(access.actorOfApiKey(origin(AWAY), 'Bearer nonsense'))
        expect(await people.recorded()).toHaveLength(20)
        clock.advance({ minutes: 3 })
        const lines = await since(runPrune)
        expect(lines).toEqual([{ type: 'system.rate_limited', outcome: 'denied', reason: 'flood' }])
        expect(await people.wholeTrail()).toContain('"count":10')
        expect(await since(runPrune)).toEqual([])
      })
    })

    describe('a session', () => {
      test.each([
        ['admin', 15],
        ['operator', 30],
        ['auditor', 30],
      ] as const)('of an %s is over after %i idle minutes', async (role, minutes) => {
        const { token } = await signIn((await addUser(role)).email)
        clock.advance({ minutes: minutes - 1 })
        expect(await access.actorOfSession(origin(), token)).toMatchObject({ role })
        clock.advance({ minutes: minutes - 1 })
        expect(await access.actorOfSession(origin(), token)).toMatchObject({ role })
        clock.advance({ minutes })
        expect(await access.actorOfSession(origin(), token)).toBeNull()
        expect(await since(runPrune)).toEqual([{ type: 'authn.logout', outcome: 'success', reason: 'idle' }])
      })

      test('is over after twelve hours however busy', async () => {
        const { token } = await signIn((await addUser('operator')).email)
        for (let halves = 0; halves < 47; halves += 1) {
          clock.advance({ minutes: 15 })
          expect(await access.actorOfSession(origin(), token)).not.toBeNull()
        }
        clock.advance({ minutes: 15 })
        expect(await access.actorOfSession(origin(), token)).toBeNull()
        expect(await since(runPrune)).toEqual([{ type: 'authn.logout', outcome: 'success', reason: 'absolute' }])
      })

      test.each(['', 'short', 'A'.repeat(43), '\u0000'.repeat(43)])('is not opened by %j', async (token) => {
        expect(await access.actorOfSession(origin(), token)).toBeNull()
      })

      test('can be listed and ended by its owner, and by administrators for everybody', async () => {
        const operator = await signedIn('operator')
        const admin = await signedIn('admin')
        const auditor = await signedIn('auditor')
        expect(await access.sessions(operator)).toMatchObject([{ id: operator.sessionId, userName: 'The operator' }])
        expect(await access.sessions(auditor, true)).toHaveLength(3)
        await expectRefusal(access.sessions(operator, true), 'forbidden')
        await expectRefusal(access.endSession(operator, auditor.sessionId ?? ''), 'not_found')
        await expectRefusal(access.endSession(auditor, operator.sessionId ?? ''), 'not_found')
        const lines = await since(() => access.endSession(admin, operator.sessionId ?? ''))
        expect(lines).toEqual([{ type: 'authn.session.revoked', outcome: 'success', reason: 'revoked' }])
        await expectRefusal(access.endSession(admin, operator.sessionId ?? ''), 'not_found')
        await access.endSession(auditor, auditor.sessionId ?? '')
        expect(await access.sessions(admin, true)).toMatchObject([{ id: admin.sessionId }])
      })

      test('that ended is forgotten after 90 days', async () => {
        const { token } = await signIn((await addUser('operator')).email)
        await access.signOut(origin(), token)
        clock.advance({ days: 91 })
        await runPrune()
        expect(await people.store.account('operator@example.org')).toMatchObject({ sources: [] })
      })
    })

    describe('users', () => {
      test('are made with all faults named at once', async () => {
        const faulty = access.createUser(cli, {
          name: '',
          email: 'nowhere',
          role: 'root' as Role,
          password: 'password',
        })
        expect(await refusalOf(faulty)).toMatchObject({
          code: 'invalid_input',
          fields: {
            name: expect.any(String),
            email: expect.any(String),
            role: expect.any(String),
            password: expect.any(String),
          },
        })
        expect(await people.recorded()).toEqual([])
      })

      test('do not share an address, in any spelling', async () => {
        await addUser('operator', 'ada@example.org')
        await expectRefusal(addUser('auditor', 'ADA@example.org'), 'conflict')
        expect(await access.users(cli)).toHaveLength(1)
      })

      test('are managed by administrators alone', async () => {
        const { id } = await addUser('admin')
        for (const role of ['operator', 'auditor', null] as const) {
          const actor = person(role, role && '00000000-0000-4000-8000-000000000001')
          const code = role === null ? 'unauthenticated' : 'forbidden'
          await expectRefusal(
            access.createUser(actor, { name: 'x', email: 'x@y', role: 'admin', password: GOOD }),
            code,
          )
          await expectRefusal(access.updateUser(actor, id, { disabled: true }), code)
          await expectRefusal(access.setPassword(actor, id, OTHER), code)
          await expectRefusal(access.createApiKey(actor, { name: 'x', role: 'admin' }), code)
          await expectRefusal(access.revokeApiKey(actor, id), code)
        }
        await expectRefusal(access.users(person('operator')), 'forbidden')
        await expectRefusal(access.apiKeys(person('operator')), 'forbidden')
      })

      test('lose their sessions with their role, at once', async () => {
        const actor = await signedIn('operator')
        const { token } = await signIn('operator@example.org')
        const lines = await since(() => access.updateUser(cli, actor.id ?? '', { role: 'auditor' }))
        expect(lines).toEqual([
          { type: 'iam.role.granted', outcome: 'success' },
          { type: 'authn.session.revoked', outcome: 'success', reason: 'role_changed' },
        ])
        expect(await access.actorOfSession(origin(), token)).toBeNull()
      })

      test('lose their sessions when disabled, and sign in again when enabled', async () => {
        const { id, email } = await addUser('operator')
        const { token } = await signIn(email)
        expect(await access.updateUser(cli, id, { disabled: true })).toMatchObject({ disabledAt: clock() })
        expect(await access.actorOfSession(origin(), token)).toBeNull()
        expect(await access.updateUser(cli, id, { disabled: false })).toMatchObject({ disabledAt: null })
        expect(await access.actorOfSession(origin(), token)).toBeNull()
        await signIn(email)
      })

      test('keep their sessions when only their name changes', async () => {
        const { id, email } = await addUser('operator')
        const { token } = await signIn(email)
        const lines = await since(() => access.updateUser(cli, id, { name: 'Renamed' }))
        expect(lines).toEqual([{ type: 'iam.user.updated', outcome: 'success' }])
        expect(await access.actorOfSession(origin(), token)).toMatchObject({ name: 'Renamed' })
      })

      test('never lose their last administrator, not even two at the same instant', async () => {
        const first = await addUser('admin', 'first@example.org')
        await expectRefusal(access.updateUser(cli, first.id, { disabled: true }), 'conflict')
        await expectRefusal(access.updateUser(cli, first.id, { role: 'operator' }), 'conflict')
        for (let round = 0; round < 5; round += 1) {
          const [one, two] = [
            await addUser('admin', `a${round}@example.org`),
            await addUser('admin', `b${round}@example.org`),
          ]
          for (const { id } of await access.users(cli)) {
            if (id !== one.id && id !== two.id) await access.updateUser(cli, id, { disabled: true })
          }
          const outcomes = await Promise.allSettled([
            access.updateUser(cli, one.id, { disabled: true }),
            access.updateUser(cli, two.id, { role: 'auditor' }),
          ])
          expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected'])
        }
      })

      test.each(['nonsense', '00000000-0000-4000-8000-000000000000'])(
        'that do not exist, as %s, are not found',
        async (id) => {
          await expectRefusal(access.updateUser(cli, id, { name: 'x' }), 'not_found')
          await expectRefusal(access.setPassword(cli, id, OTHER), 'not_found')
          await expectRefusal(access.endSession(cli, id), 'not_found')
          await expectRefusal(access.revokeApiKey(cli, id), 'not_found')
        },
      )
    })

    describe('passwords', () => {
      test('are changed by their owner, whose other sessions end', async () => {
        const actor = await signedIn('auditor')
        const { token } = await signIn('auditor@example.org')
        const lines = await since(() => access.changeOwnPassword(actor, GOOD, OTHER))
        expect(lines).toEqual([
          { type: 'authn.password.changed', outcome: 'success' },
          { type: 'authn.session.revoked', outcome: 'success', reason: 'password_changed' },
        ])
        expect(await access.actorOfSession(origin(), token)).toBeNull()
        expect(await access.sessions(actor)).toMatchObject([{ id: actor.sessionId }])
        await expectRefusal(signIn('auditor@example.org', GOOD), 'unauthenticated')
        await signIn('auditor@example.org', OTHER)
      })

      test('are not changed without the current one, nor to a weak or the same one', async () => {
        const actor = await signedIn('operator')
        const wrong = await refusalOf(access.changeOwnPassword(actor, OTHER, OTHER))
        expect(wrong).toMatchObject({ code: 'invalid_input', fields: { currentPassword: expect.any(String) } })
        const weak = await refusalOf(access.changeOwnPassword(actor, GOOD, 'The operator 2026'))
        expect(weak).toMatchObject({ code: 'invalid_input', fields: { newPassword: expect.any(String) } })
        await expectRefusal(access.changeOwnPassword(actor, GOOD, GOOD), 'invalid_input')
        await expectRefusal(access.changeOwnPassword(cli, GOOD, OTHER), 'forbidden')
        expect((await people.recorded()).at(-1)).toEqual({
          type: 'authn.password.changed',
          outcome: 'failure',
          reason: 'bad_password',
        })
      })

      test('cannot be guessed through the form that changes them', async () => {
        const actor = await signedIn('operator')
        for (let tries = 0; tries < 5; tries += 1) {
          await expectRefusal(access.changeOwnPassword(actor, `${OTHER} ${tries}`, OTHER), 'invalid_input')
        }
        await expectRefusal(access.changeOwnPassword(actor, GOOD, OTHER), 'rate_limited')
      })

      test('set by an administrator end every session of the user', async () => {
        const { id, email } = await addUser('operator')
        const { token } = await signIn(email)
        await access.setPassword(cli, id, OTHER)
        expect(await access.actorOfSession(origin(), token)).toBeNull()
        const admin = await signedIn('admin')
        await expectRefusal(access.setPassword(admin, admin.id ?? '', OTHER), 'conflict')
      })
    })

    describe('API keys', () => {
      const make = (role: Role = 'operator', expiresInDays?: number) =>
        access.createApiKey(cli, { name: 'Fleet', role, ...(expiresInDays === undefined ? {} : { expiresInDays }) })
      const present = (key: string) => access.actorOfApiKey(origin(), `Bearer ${key}`)

      test('are shown once and open the door until they expire', async () => {
        const { id, key, view } = await make()
        expect(key).toMatch(/^lk_[0-9a-f]{8}_[A-Za-z0-9_-]{43}_[0-9a-f]{8}$/)
        expect(view).toMatchObject({ id, role: 'operator', hint: key.slice(0, 11), createdBy: 'Command line' })
        expect(await present(key)).toMatchObject({ type: 'service', id, name: 'Fleet', role: 'operator', via: 'api' })
        expect(await access.apiKeys(cli)).toMatchObject([{ id, lastUsedAt: clock() }])
        expect(JSON.stringify(await access.apiKeys(cli))).not.toContain(key.slice(12))
        clock.advance({ days: 90 })
        expect(await refusalOf(present(key))).toMatchObject({ code: 'unauthenticated', reason: 'expired' })
      })

      test('stop at once when revoked, and only the first revocation is an event', async () => {
        const { id, key } = await make()
        const lines = await since(async () => {
          await access.revokeApiKey(cli, id)
          await access.revokeApiKey(cli, id)
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
        expect(await refusalOf(access.actorOfApiKey(origin(), header))).toMatchObject({
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

      test.each([0, 366, 1.5, Number.NaN])('do not live %d days', async (days) => {
        await expectRefusal(make('admin', days), 'invalid_input')
      })
    })

    describe('idempotent work', () => {
      const hash = (text: string) => createHash('sha256').update(text).digest()
      const created = { status: 201, body: '{"challenge":"CANARY"}' }
      let service: Actor
      let apiKey: string
      const run = (
        work: () => Promise<{ status: number; body: string }>,
        idempotencyKey = 'key-1',
        request = 'POST /',
      ) => access.idempotent(service, { apiKey, idempotencyKey }, hash(request), work)

      beforeEach(async () => {
        const made = await access.createApiKey(cli, { name: 'Fleet', role: 'operator' })
        apiKey = made.key
        service = await access.actorOfApiKey(origin(), `Bearer ${apiKey}`)
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
        const crashed = run(() => new Promise((resolve) => void (finish = resolve)))
        await new Promise((resolve) => setTimeout(resolve, 50))
        await expectRefusal(
          run(async () => created),
          'conflict',
        )
        clock.advance({ seconds: 61 })
        expect(await run(async () => created)).toMatchObject({ ...created, replayed: false })
        finish({ status: 201, body: 'too late' })
        await crashed
        expect(await run(async () => created)).toMatchObject({ ...created, replayed: true })
      })

      test('is forgotten after a day', async () => {
        await run(async () => created)
        clock.advance({ hours: 25 })
        await runPrune()
        expect(await run(async () => created)).toMatchObject({ replayed: false })
      })

      test('is for API keys alone', async () => {
        const { idempotent } = access
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
        const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => access.limit('mint:1', 10, 60)))
        expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(10)
        expect(await people.recorded()).toEqual([
          { type: 'system.rate_limited', outcome: 'denied', reason: 'limit_reached' },
        ])
        expect(await refusalOf(access.limit('mint:1', 10, 60))).toMatchObject({
          code: 'rate_limited',
          retryAfterSeconds: 60,
        })
        await access.limit('mint:2', 10, 60)
        clock.advance({ seconds: 61 })
        await access.limit('mint:1', 10, 60)
      })
    })

    test('no secret comes into the trail', async () => {
      const canaries = [
        'canary walnut turbine gleam',
        'canary kettle violet north',
        'canary@typed-into-the-wrong-field.example',
      ]
      const [first = '', second = '', typed = ''] = canaries
      const user = await access.createUser(cli, {
        name: 'Ada',
        email: 'ada@example.org',
        role: 'admin',
        password: first,
      })
      const { token } = await access.signIn(origin(), user.email, first)
      const actor = (await access.actorOfSession(origin(), token)) ?? person(null)
      await refusalOf(access.signIn(origin(), typed, first))
      await refusalOf(access.changeOwnPassword(actor, second, second))
      await access.changeOwnPassword(actor, first, second)
      const { key } = await access.createApiKey(actor, { name: 'Fleet', role: 'admin' })
      const service = await access.actorOfApiKey(origin(), `Bearer ${key}`)
      const secrets = { apiKey: key, idempotencyKey: 'canary-idempotency' }
      await access.idempotent(service, secrets, Buffer.alloc(32), async () => ({ status: 201, body: 'canary body' }))
      await access.revokeApiKey(actor, service.id ?? '')
      await refusalOf(access.actorOfApiKey(origin(), `Bearer ${key}`))
      const trail = await people.wholeTrail()
      for (const secret of [...canaries, token, key, key.slice(12, 55), 'canary']) expect(trail).not.toContain(secret)
      expect(trail).toContain('ada@example.org')
    })
  })
}

async function refusalOf(work: Promise<unknown>) {
  try {
    await work
  } catch (error) {
    if (isRefusal(error)) return error
    throw error
  }
  throw new Error('nothing was refused')
}

async function expectRefusal(work: Promise<unknown>, code: string): Promise<void> {
  expect((await refusalOf(work)).code).toBe(code)
}
