import { describe, expect, test } from 'vitest'
import { createAccess } from '@/lib/services/access'
import { createPasswords } from '@/lib/services/passwords'
import { CHEAP, origin, person, recorder, testMac } from './people'
import { AWAY, cli, expectRefusal, GOOD, HOME, OTHER, type Portal, refusalOf } from './people-portal'

export function signInContract(portal: Portal): void {
  describe('signing in', () => {
    test('gives a token that is the actor until it ends, and says so in the trail', async () => {
      const user = await portal.addUser('operator', 'Ada@Example.org')
      const lines = await portal.since(async () => {
        const { token, expiresAt } = await portal.signIn('  ADA@example.ORG ')
        expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
        expect(expiresAt.getTime() - portal.clock().getTime()).toBe(12 * 3_600_000)
        const actor = await portal.access.actorOfSession(origin(), token)
        expect(actor).toMatchObject({ type: 'user', id: user.id, role: 'operator', name: 'The operator', ip: HOME })
        await portal.access.signOut(origin(), token)
        expect(await portal.access.actorOfSession(origin(), token)).toBeNull()
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
      await portal.addUser('admin')
      const lines = await portal.since(async () => {
        const refusal = await refusalOf(portal.signIn(email, password))
        expect(refusal).toMatchObject({ code: 'unauthenticated', sentence: 'E-mail or password is wrong.' })
      })
      expect(lines).toEqual([{ type: 'authn.login.failed', outcome: 'failure', reason }])
    })

    test('answers a disabled user as it answers a wrong password', async () => {
      const user = await portal.addUser('auditor')
      await portal.access.updateUser(cli, user.id, { disabled: true })
      const refusal = await refusalOf(portal.signIn(user.email))
      expect(refusal).toMatchObject({
        code: 'unauthenticated',
        sentence: 'E-mail or password is wrong.',
        reason: 'disabled',
      })
    })

    test('hashes again when the parameters rose', async () => {
      const user = await portal.addUser('admin')
      const before = await portal.people.store.user(user.id)
      const passwords = createPasswords({ signer: testMac, parameters: { ...CHEAP, passes: 2 } })
      const risen = createAccess({
        store: portal.people.store,
        signer: testMac,
        passwords,
        audit: recorder(portal.people),
        clock: portal.clock,
      })
      await risen.signIn(origin(), user.email, GOOD)
      const after = await portal.people.store.user(user.id)
      expect(before?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$/)
      expect(after?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=8,t=2,p=1\$/)
      await risen.signIn(origin(), user.email, GOOD)
    })

    test('keeps the newest five sessions of a user', async () => {
      const { email } = await portal.addUser('operator')
      const tokens: string[] = []
      for (let count = 0; count < 6; count += 1) {
        tokens.push((await portal.signIn(email)).token)
        portal.clock.advance({ seconds: 1 })
      }
      const alive = await Promise.all(tokens.map((token) => portal.access.actorOfSession(origin(), token)))
      expect(alive.map((actor) => actor !== null)).toEqual([false, true, true, true, true, true])
    })
  })

  describe('limits on signing in', () => {
    test('delay an account from one place after five failures, longer each time, and end with a right password', async () => {
      const { email } = await portal.addUser('operator')
      for (let failures = 0; failures < 5; failures += 1) await refusalOf(portal.signIn(email, OTHER))
      expect(await refusalOf(portal.signIn(email))).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 60 })
      portal.clock.advance({ seconds: 61 })
      expect(await refusalOf(portal.signIn(email, OTHER))).toMatchObject({ code: 'unauthenticated' })
      expect(await refusalOf(portal.signIn(email))).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 120 })
      portal.clock.advance({ seconds: 121 })
      await portal.signIn(email)
      for (let failures = 0; failures < 4; failures += 1) await refusalOf(portal.signIn(email, OTHER))
      await portal.signIn(email)
    })

    test('delay an unknown account alike', async () => {
      for (let failures = 0; failures < 5; failures += 1) await refusalOf(portal.signIn('nobody@example.org', OTHER))
      const refusal = await refusalOf(portal.signIn('nobody@example.org'))
      expect(refusal).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 60 })
      expect(await portal.people.recorded()).toContainEqual({
        type: 'authn.account.locked',
        outcome: 'denied',
        reason: 'too_many_failures',
      })
    })

    test('count other spellings of an address as the same', async () => {
      await portal.addUser('operator')
      const spellings = [
        'operator@example.org',
        'OPERATOR@example.org',
        ' operator@EXAMPLE.org',
        'operator\uff20example.org',
      ]
      for (const email of [...spellings, 'Operator@Example.Org']) await refusalOf(portal.signIn(email, OTHER))
      expect(await refusalOf(portal.signIn('operator@example.org'))).toMatchObject({ code: 'rate_limited' })
    })

    test('let nobody guess more by guessing at once', async () => {
      const { email } = await portal.addUser('operator')
      const refusals = await Promise.all(Array.from({ length: 12 }, () => refusalOf(portal.signIn(email, OTHER))))
      const codes = refusals.map((refusal) => refusal.code)
      expect(codes.filter((code) => code === 'unauthenticated')).toHaveLength(5)
      expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(7)
    })

    test('never lock out an administrator who signed in from there before', async () => {
      const { email } = await portal.addUser('admin')
      await portal.signIn(email, GOOD, HOME)
      for (let failures = 0; failures < 20; failures += 1)
        await refusalOf(portal.signIn(email, OTHER, `203.0.${failures}.9`))
      expect(await refusalOf(portal.signIn(email, GOOD, AWAY))).toMatchObject({
        code: 'rate_limited',
        retryAfterSeconds: 3600,
      })
      await portal.signIn(email, GOOD, '192.0.2.200')
      portal.clock.advance({ minutes: 61 })
      await portal.signIn(email, GOOD, AWAY)
    })

    test('delay one source that tries many accounts', async () => {
      const { email } = await portal.addUser('operator')
      for (let tries = 0; tries < 20; tries += 1)
        await refusalOf(portal.signIn(`nobody${tries}@example.org`, OTHER, AWAY))
      expect(await refusalOf(portal.signIn(email, GOOD, AWAY))).toMatchObject({
        code: 'rate_limited',
        retryAfterSeconds: 3600,
      })
      await portal.signIn(email, GOOD, HOME)
    })

    describe('and a browser that the account was signed in from', () => {
      const guessEverywhere = async (email: string) => {
        for (let tries = 0; tries < 20; tries += 1) await refusalOf(portal.signIn(`nobody${tries}@example.org`, OTHER))
        for (let tries = 0; tries < 20; tries += 1) await refusalOf(portal.signIn(email, OTHER, `203.0.${tries}.9`))
      }

      test('let it in with the right password, whatever others tried at the same address', async () => {
        const { email } = await portal.addUser('admin')
        const { knownBrowser } = await portal.signIn(email)
        await guessEverywhere(email)
        expect(await refusalOf(portal.signIn(email))).toMatchObject({ code: 'rate_limited' })
        const again = await portal.access.signIn(origin(), email, GOOD, knownBrowser)
        expect(again.knownBrowser).toBe(knownBrowser)
        await portal.access.signIn(origin(AWAY), email, GOOD, knownBrowser)
      })

      test('do not believe a forged proof, or that of another account', async () => {
        const { id, email } = await portal.addUser('admin')
        const { knownBrowser: own } = await portal.signIn(email, GOOD, AWAY)
        const other = await portal.addUser('operator')
        const { knownBrowser: others } = await portal.signIn(other.email, GOOD, AWAY)
        await guessEverywhere(email)
        const [, random = '', mac = ''] = own.split('.')
        const [, othersRandom = '', othersMac = ''] = others.split('.')
        for (const forged of [
          others,
          `${id}.${othersRandom}.${othersMac}`,
          `${id}.${othersRandom}.${mac}`,
          `${id}.${random}.${'A'.repeat(43)}`,
          `${own}=`,
          '',
          '..',
          null,
        ]) {
          const refusal = await refusalOf(portal.access.signIn(origin(), email, GOOD, forged))
          expect(refusal, String(forged)).toMatchObject({ code: 'rate_limited' })
        }
        await portal.access.signIn(origin(), email, GOOD, own)
      })

      test('give it ten guesses in a quarter of an hour, which no other browser can use up', async () => {
        const { id, email } = await portal.addUser('admin')
        const here = (await portal.signIn(email)).knownBrowser
        const there = (await portal.signIn(email)).knownBrowser
        expect(there).not.toBe(here)
        const guess = (browser: string) => portal.access.signIn(origin(), email, OTHER, browser)
        for (let tries = 0; tries < 10; tries += 1)
          expect(await refusalOf(guess(there))).toMatchObject({ code: 'unauthenticated' })
        const refusal = await refusalOf(portal.access.signIn(origin(), email, GOOD, there))
        expect(refusal).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 900 })
        await portal.access.signIn(origin(), email, GOOD, here)
        await portal.signIn(email)
        portal.clock.advance({ minutes: 16 })
        await portal.access.signIn(origin(), email, GOOD, there)
        for (let tries = 0; tries < 10; tries += 1) await refusalOf(guess(there))
        await portal.access.setPassword(cli, id, OTHER)
        await portal.access.signIn(origin(), email, OTHER, there)
      })

      test('tell its account from a disabled one no sooner than any', async () => {
        const { id, email } = await portal.addUser('operator')
        const { knownBrowser } = await portal.signIn(email)
        await portal.access.updateUser(cli, id, { disabled: true })
        expect(await refusalOf(portal.access.signIn(origin(), email, GOOD, knownBrowser))).toMatchObject({
          code: 'unauthenticated',
          sentence: 'E-mail or password is wrong.',
        })
      })
    })

    test('do not count what succeeds', async () => {
      const { email } = await portal.addUser('operator')
      for (let times = 0; times < 25; times += 1) await portal.signIn(email)
    })

    test('are lifted by an administrator who sets a new password', async () => {
      const { id, email } = await portal.addUser('operator')
      for (let failures = 0; failures < 5; failures += 1) await refusalOf(portal.signIn(email, OTHER))
      await portal.access.setPassword(cli, id, OTHER)
      await portal.signIn(email, OTHER)
    })

    test('record twenty of those in a minute who may not, and the others by their number', async () => {
      const denied = {
        type: 'authz.denied',
        outcome: 'denied',
        reason: 'no_permission',
        actor: person('auditor'),
        object: { type: 'system', id: null },
      } as const
      const lines = await portal.since(async () => {
        for (let tries = 0; tries < 25; tries += 1) await portal.access.recordDenied(denied)
        portal.clock.advance({ minutes: 3 })
        await portal.runPrune()
      })
      expect(lines).toHaveLength(21)
      expect(lines.at(-1)).toEqual({ type: 'system.rate_limited', outcome: 'denied', reason: 'flood' })
      expect(await portal.people.wholeTrail()).toContain('"count":5')
    })

    test('record twenty refusals of a minute one by one and the others by their number', async () => {
      for (let tries = 0; tries < 30; tries += 1)
        await refusalOf(portal.access.actorOfApiKey(origin(AWAY), 'Bearer nonsense'))
      expect(await portal.people.recorded()).toHaveLength(20)
      portal.clock.advance({ minutes: 3 })
      const lines = await portal.since(portal.runPrune)
      expect(lines).toEqual([{ type: 'system.rate_limited', outcome: 'denied', reason: 'flood' }])
      expect(await portal.people.wholeTrail()).toContain('"count":10')
      expect(await portal.since(portal.runPrune)).toEqual([])
    })
  })

  describe('a session', () => {
    test.each([
      ['admin', 15],
      ['operator', 30],
      ['auditor', 30],
    ] as const)('of an %s is over after %i idle minutes', async (role, minutes) => {
      const { token } = await portal.signIn((await portal.addUser(role)).email)
      portal.clock.advance({ minutes: minutes - 1 })
      expect(await portal.access.actorOfSession(origin(), token)).toMatchObject({ role })
      portal.clock.advance({ minutes: minutes - 1 })
      expect(await portal.access.actorOfSession(origin(), token)).toMatchObject({ role })
      portal.clock.advance({ minutes })
      expect(await portal.access.actorOfSession(origin(), token)).toBeNull()
      expect(await portal.since(portal.runPrune)).toEqual([
        { type: 'authn.logout', outcome: 'success', reason: 'idle' },
      ])
    })

    test('is over after twelve hours however busy', async () => {
      const { token } = await portal.signIn((await portal.addUser('operator')).email)
      for (let halves = 0; halves < 47; halves += 1) {
        portal.clock.advance({ minutes: 15 })
        expect(await portal.access.actorOfSession(origin(), token)).not.toBeNull()
      }
      portal.clock.advance({ minutes: 15 })
      expect(await portal.access.actorOfSession(origin(), token)).toBeNull()
      expect(await portal.since(portal.runPrune)).toEqual([
        { type: 'authn.logout', outcome: 'success', reason: 'absolute' },
      ])
    })

    test.each(['', 'short', 'A'.repeat(43), '\u0000'.repeat(43)])('is not opened by %j', async (token) => {
      expect(await portal.access.actorOfSession(origin(), token)).toBeNull()
    })

    test('can be listed and ended by its owner, and by administrators for everybody', async () => {
      const operator = await portal.signedIn('operator')
      const admin = await portal.signedIn('admin')
      const auditor = await portal.signedIn('auditor')
      expect(await portal.access.sessions(operator)).toMatchObject([
        { id: operator.sessionId, userName: 'The operator' },
      ])
      expect(await portal.access.sessions(auditor, true)).toHaveLength(3)
      await expectRefusal(portal.access.sessions(operator, true), 'forbidden')
      await expectRefusal(portal.access.endSession(operator, auditor.sessionId ?? ''), 'not_found')
      await expectRefusal(portal.access.endSession(auditor, operator.sessionId ?? ''), 'not_found')
      const lines = await portal.since(() => portal.access.endSession(admin, operator.sessionId ?? ''))
      expect(lines).toEqual([{ type: 'authn.session.revoked', outcome: 'success', reason: 'revoked' }])
      await expectRefusal(portal.access.endSession(admin, operator.sessionId ?? ''), 'not_found')
      await portal.access.endSession(auditor, auditor.sessionId ?? '')
      expect(await portal.access.sessions(admin, true)).toMatchObject([{ id: admin.sessionId }])
    })

    test('that ended is forgotten after 90 days', async () => {
      const { token } = await portal.signIn((await portal.addUser('operator')).email)
      await portal.access.signOut(origin(), token)
      portal.clock.advance({ days: 91 })
      await portal.runPrune()
      expect(await portal.people.store.account('operator@example.org')).toMatchObject({ sources: [] })
    })
  })
}
