import { describe, expect, test } from 'vitest'
import type { PersonRole } from '@/lib/services/actor'
import { origin, person } from './people'
import { cli, expectRefusal, GOOD, OTHER, type Portal, refusalOf } from './people-portal'

export function usersContract(portal: Portal): void {
  describe('users', () => {
    test('are made with all faults named at once', async () => {
      const faulty = portal.access.createUser(cli, {
        name: '',
        email: 'nowhere',
        role: 'root' as PersonRole,
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
      expect(await portal.people.recorded()).toEqual([])
    })

    test('do not share an address, in any spelling', async () => {
      await portal.addUser('operator', 'ada@example.org')
      await expectRefusal(portal.addUser('auditor', 'ADA@example.org'), 'conflict')
      expect(await portal.access.users(cli)).toHaveLength(1)
    })

    test('are managed by administrators alone', async () => {
      const { id } = await portal.addUser('admin')
      for (const role of ['operator', 'auditor', null] as const) {
        const actor = person(role, role && '00000000-0000-4000-8000-000000000001')
        const code = role === null ? 'unauthenticated' : 'forbidden'
        await expectRefusal(
          portal.access.createUser(actor, { name: 'x', email: 'x@y', role: 'admin', password: GOOD }),
          code,
        )
        await expectRefusal(portal.access.updateUser(actor, id, { disabled: true }), code)
        await expectRefusal(portal.access.setPassword(actor, id, OTHER), code)
        await expectRefusal(portal.access.createApiKey(actor, { name: 'x', role: 'admin' }), code)
        await expectRefusal(portal.access.revokeApiKey(actor, id), code)
      }
      await expectRefusal(portal.access.users(person('operator')), 'forbidden')
      await expectRefusal(portal.access.apiKeys(person('operator')), 'forbidden')
    })

    test('lose their sessions with their role, at once', async () => {
      const actor = await portal.signedIn('operator')
      const { token } = await portal.signIn('operator@example.org')
      const lines = await portal.since(() => portal.access.updateUser(cli, actor.id ?? '', { role: 'auditor' }))
      expect(lines).toEqual([
        { type: 'iam.role.granted', outcome: 'success' },
        { type: 'authn.session.revoked', outcome: 'success', reason: 'role_changed' },
      ])
      expect(await portal.access.actorOfSession(origin(), token)).toBeNull()
    })

    test('lose their sessions when disabled, and sign in again when enabled', async () => {
      const { id, email } = await portal.addUser('operator')
      const { token } = await portal.signIn(email)
      expect(await portal.access.updateUser(cli, id, { disabled: true })).toMatchObject({ disabledAt: portal.clock() })
      expect(await portal.access.actorOfSession(origin(), token)).toBeNull()
      expect(await portal.access.updateUser(cli, id, { disabled: false })).toMatchObject({ disabledAt: null })
      expect(await portal.access.actorOfSession(origin(), token)).toBeNull()
      await portal.signIn(email)
    })

    test('keep their sessions when only their name changes', async () => {
      const { id, email } = await portal.addUser('operator')
      const { token } = await portal.signIn(email)
      const lines = await portal.since(() => portal.access.updateUser(cli, id, { name: 'Renamed' }))
      expect(lines).toEqual([{ type: 'iam.user.updated', outcome: 'success' }])
      expect(await portal.access.actorOfSession(origin(), token)).toMatchObject({ name: 'Renamed' })
    })

    describe('who are operators of groups', () => {
      const made = (groups: readonly string[] | null, role: PersonRole = 'operator') =>
        portal.access.createUser(cli, { name: 'Olga', email: 'olga@example.org', role, groups, password: GOOD })
      const signedInAs = async ({ email }: { email: string }) => {
        const { token } = await portal.signIn(email)
        return { token, actor: await portal.access.actorOfSession(origin(), token) }
      }

      test('carry their groups in every session', async () => {
        const user = await made(['staff', 'guests', 'staff'])
        expect(user.groups).toEqual([
          { slug: 'guests', name: 'Guests' },
          { slug: 'staff', name: 'Staff' },
        ])
        expect((await signedInAs(user)).actor).toMatchObject({ role: 'operator', groups: ['guests', 'staff'] })
        expect(await portal.access.users(cli)).toMatchObject([{ groups: user.groups }])
      })

      test('are not whoever was not limited', async () => {
        const user = await portal.addUser('operator')
        expect(user.groups).toBeNull()
        expect((await signedInAs(user)).actor).not.toHaveProperty('groups')
      })

      test.each([
        ['a group that does not exist', 'operator', ['nowhere']],
        ['no group at all', 'operator', []],
        ['the role of an administrator', 'admin', ['staff']],
        ['the role of an auditor', 'auditor', ['staff']],
      ] as const)('are not made with %s', async (_what, role, groups) => {
        expect(await refusalOf(made(groups, role))).toMatchObject({
          code: 'invalid_input',
          fields: { groups: expect.any(String) },
        })
        expect(await portal.access.users(cli)).toEqual([])
      })

      test.each([
        ['are given one', null, ['staff']],
        ['are given another', ['staff'], ['guests']],
        ['get a further one', ['staff'], ['guests', 'staff']],
        ['lose one', ['guests', 'staff'], ['staff']],
        ['are no longer limited', ['staff'], null],
      ])('lose their sessions when they %s', async (_what, before, groups) => {
        const user = await made(before)
        const { token } = await signedInAs(user)
        const lines = await portal.since(() => portal.access.updateUser(cli, user.id, { groups }))
        expect(lines).toEqual([
          { type: 'iam.groups.changed', outcome: 'success' },
          { type: 'authn.session.revoked', outcome: 'success', reason: 'groups_changed' },
        ])
        expect(await portal.access.actorOfSession(origin(), token)).toBeNull()
        const { actor } = await signedInAs(user)
        expect(actor?.groups).toEqual(groups ?? undefined)
      })

      test('keep their sessions when nothing changes', async () => {
        const user = await made(['staff', 'guests'])
        const { token } = await signedInAs(user)
        expect(
          await portal.since(() => portal.access.updateUser(cli, user.id, { groups: ['guests', 'staff'] })),
        ).toEqual([])
        expect(await portal.access.actorOfSession(origin(), token)).not.toBeNull()
      })

      test('keep their groups with another name, and lose them with another role', async () => {
        const user = await made(['staff'])
        expect(await portal.access.updateUser(cli, user.id, { name: 'Olga M.' })).toMatchObject({ groups: user.groups })
        expect(await portal.access.updateUser(cli, user.id, { role: 'admin' })).toMatchObject({ groups: null })
        await portal.addUser('admin')
        expect(await portal.access.updateUser(cli, user.id, { role: 'operator' })).toMatchObject({ groups: null })
        expect((await signedInAs(user)).actor).not.toHaveProperty('groups')
      })

      test('are operators, whatever is asked for', async () => {
        const auditor = await portal.addUser('auditor')
        for (const change of [{ groups: ['staff'] }, { groups: [] }, { role: 'admin', groups: ['staff'] }] as const)
          await expectRefusal(portal.access.updateUser(cli, auditor.id, change), 'invalid_input')
        const operator = await made(['staff'])
        await expectRefusal(portal.access.updateUser(cli, operator.id, { groups: ['nowhere'] }), 'invalid_input')
        expect(await portal.access.updateUser(cli, auditor.id, { role: 'operator', groups: ['staff'] })).toMatchObject({
          role: 'operator',
          groups: [{ slug: 'staff' }],
        })
      })

      test('cannot be made of the last administrator', async () => {
        const { id } = await portal.addUser('admin')
        await expectRefusal(portal.access.updateUser(cli, id, { role: 'operator', groups: ['staff'] }), 'conflict')
      })

      test('manage nobody, not themselves either', async () => {
        const { actor } = await signedInAs(await made(['staff']))
        const id = actor?.id ?? ''
        const olga = actor ?? person('operator')
        await expectRefusal(portal.access.updateUser(olga, id, { groups: null }), 'forbidden')
        await expectRefusal(portal.access.users(olga), 'forbidden')
        await expectRefusal(portal.access.createApiKey(olga, { name: 'x', role: 'operator' }), 'forbidden')
        await expectRefusal(portal.access.sessions(olga, true), 'forbidden')
        expect(await portal.access.sessions(olga)).toMatchObject([{ id: olga.sessionId }])
        await portal.access.changeOwnPassword(olga, GOOD, OTHER)
      })
    })

    test('never lose their last administrator, not even two at the same instant', async () => {
      const first = await portal.addUser('admin', 'first@example.org')
      await expectRefusal(portal.access.updateUser(cli, first.id, { disabled: true }), 'conflict')
      await expectRefusal(portal.access.updateUser(cli, first.id, { role: 'operator' }), 'conflict')
      for (let round = 0; round < 5; round += 1) {
        const [one, two] = [
          await portal.addUser('admin', `a${round}@example.org`),
          await portal.addUser('admin', `b${round}@example.org`),
        ]
        for (const { id } of await portal.access.users(cli)) {
          if (id !== one.id && id !== two.id) await portal.access.updateUser(cli, id, { disabled: true })
        }
        const outcomes = await Promise.allSettled([
          portal.access.updateUser(cli, one.id, { disabled: true }),
          portal.access.updateUser(cli, two.id, { role: 'auditor' }),
        ])
        expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected'])
      }
    })

    test.each(['nonsense', '00000000-0000-4000-8000-000000000000'])(
      'that do not exist, as %s, are not found',
      async (id) => {
        await expectRefusal(portal.access.updateUser(cli, id, { name: 'x' }), 'not_found')
        await expectRefusal(portal.access.setPassword(cli, id, OTHER), 'not_found')
        await expectRefusal(portal.access.endSession(cli, id), 'not_found')
        await expectRefusal(portal.access.revokeApiKey(cli, id), 'not_found')
      },
    )
  })

  describe('passwords', () => {
    test('are changed by their owner, whose other sessions end', async () => {
      const actor = await portal.signedIn('auditor')
      const { token } = await portal.signIn('auditor@example.org')
      const lines = await portal.since(() => portal.access.changeOwnPassword(actor, GOOD, OTHER))
      expect(lines).toEqual([
        { type: 'authn.password.changed', outcome: 'success' },
        { type: 'authn.session.revoked', outcome: 'success', reason: 'password_changed' },
      ])
      expect(await portal.access.actorOfSession(origin(), token)).toBeNull()
      expect(await portal.access.sessions(actor)).toMatchObject([{ id: actor.sessionId }])
      await expectRefusal(portal.signIn('auditor@example.org', GOOD), 'unauthenticated')
      await portal.signIn('auditor@example.org', OTHER)
    })

    test('are not changed without the current one, nor to a weak or the same one', async () => {
      const actor = await portal.signedIn('operator')
      const wrong = await refusalOf(portal.access.changeOwnPassword(actor, OTHER, OTHER))
      expect(wrong).toMatchObject({ code: 'invalid_input', fields: { currentPassword: expect.any(String) } })
      const weak = await refusalOf(portal.access.changeOwnPassword(actor, GOOD, 'The operator 2026'))
      expect(weak).toMatchObject({ code: 'invalid_input', fields: { newPassword: expect.any(String) } })
      await expectRefusal(portal.access.changeOwnPassword(actor, GOOD, GOOD), 'invalid_input')
      await expectRefusal(portal.access.changeOwnPassword(cli, GOOD, OTHER), 'forbidden')
      expect((await portal.people.recorded()).at(-1)).toEqual({
        type: 'authn.password.changed',
        outcome: 'failure',
        reason: 'bad_password',
      })
    })

    test('cannot be guessed through the form that changes them', async () => {
      const actor = await portal.signedIn('operator')
      for (let tries = 0; tries < 5; tries += 1) {
        await expectRefusal(portal.access.changeOwnPassword(actor, `${OTHER} ${tries}`, OTHER), 'invalid_input')
      }
      await expectRefusal(portal.access.changeOwnPassword(actor, GOOD, OTHER), 'rate_limited')
    })

    test('set by an administrator end every session of the user', async () => {
      const { id, email } = await portal.addUser('operator')
      const { token } = await portal.signIn(email)
      await portal.access.setPassword(cli, id, OTHER)
      expect(await portal.access.actorOfSession(origin(), token)).toBeNull()
      const admin = await portal.signedIn('admin')
      await expectRefusal(portal.access.setPassword(admin, admin.id ?? '', OTHER), 'conflict')
    })
  })
}
