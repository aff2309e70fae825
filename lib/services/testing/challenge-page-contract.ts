/** What the challenge page promises, over the stores in memory and on Postgres. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createChallengePage, type PageRequest } from '@/lib/services/challenge-page'
import type { PageAccountRequest, PageAccountView } from '@/lib/services/challenge-page-accounts'
import { createUrls } from '@/lib/services/urls'
import { type EnrolmentBacking, type EnrolmentPortal, enrolmentPortal, type Told } from './enrolment'
import { actor } from './harness'

const LAPTOP = [
  { type: 'CN', value: 'laptop-7' },
  { type: 'O', value: 'Example' },
]
const ACCOUNT: PageAccountRequest = {
  name: 'Workspace ONE',
  subjectTemplate: 'CN=laptop-*,O=Example; dns:*.example.com',
  allowedAddresses: ['192.0.2.0/24'],
}
const REJECTED = { pkiStatus: 'FAILURE', failInfo: 2, failInfoText: 'challenge rejected' }
const admin = actor('admin')

export function challengePageContract(name: string, open: () => Promise<EnrolmentBacking>): void {
  describe(`the challenge page ${name}`, () => {
    let backing: EnrolmentBacking
    let portal: EnrolmentPortal
    let endpoint: string
    let groups = 0
    beforeAll(async () => {
      backing = await open()
      portal = await enrolmentPortal(backing, { abandonedAfterSeconds: 0 })
    })
    afterAll(() => backing.close())
    beforeEach(async () => {
      groups += 1
      endpoint = (await portal.createGroup(`Laptops ${groups}`)).endpoint.slug
      // Every test has its minute: failures and calls of the one before are over.
      portal.time.now = new Date(portal.time.now.getTime() + 120_000)
    })

    const create = (more: Partial<PageAccountRequest> = {}) =>
      portal.pageAccounts.create(admin, endpoint, { ...ACCOUNT, ...more })
    const ask = (secret: string, more: Partial<PageRequest> & { user?: string; ip?: string | null } = {}) => {
      const { user = 'workspace-one', ip = '192.0.2.9', ...rest } = more
      return portal.challengePage.ask({
        endpoint,
        credentials: { user, secret },
        head: false,
        secure: true,
        origin: { ip, userAgent: 'mdm', requestId: randomUUID() },
        ...rest,
      })
    }
    const challengeOf = async (secret: string, more: Parameters<typeof ask>[1] = {}) => {
      const answer = await ask(secret, more)
      if (answer.outcome !== 'challenge') throw new Error(`no challenge: ${answer.outcome}`)
      return answer.challenge
    }
    const enrol = async (challenge: string, told: Told = {}) => {
      const asked = { endpoint, subject: LAPTOP, transactionId: randomUUID(), challenge, key: 'ec' as const, ...told }
      return (await portal.device(asked)).enrol()
    }
    const seen = (id: string): Promise<PageAccountView> => portal.pageAccounts.get(actor('auditor'), endpoint, id)

    test('mints one challenge for one enrolment, bound to what the account may ask for', async () => {
      const { secret, view } = await create()
      expect(secret).toMatch(/^[A-HJ-KM-NP-Za-hj-km-np-z2-9]{40}$/)
      const { result, events, full } = await portal.eventsOf(() => ask(secret))
      expect(result).toMatchObject({ outcome: 'challenge', ttlMinutes: 60, encoding: 'utf-16le' })
      expect(events).toEqual(['challenge.minted'])
      expect(full[0]?.data).toMatchObject({ via: 'ndes', format: 'hex32', endpoint })
      const challenge = result.outcome === 'challenge' ? result.challenge : ''
      expect(challenge).toMatch(/^[0-9A-F]{32}$/)
      expect(JSON.stringify(full)).not.toContain(challenge)
      expect(JSON.stringify(full)).not.toContain(secret)
      expect(await seen(view.id)).toMatchObject({ pending: 1, lastUsedAt: expect.any(Date), lastRefusal: null })

      expect(await enrol(challenge, { san: [{ type: 'dns', value: 'laptop-7.example.com' }] })).toMatchObject({
        pkiStatus: 'SUCCESS',
      })
      expect(await enrol(challenge)).toMatchObject(REJECTED)
      expect(await seen(view.id)).toMatchObject({ pending: 0 })
    })

    test.each([
      ['another name', { subject: [{ type: 'CN', value: 'domain-controller' }] }, 'subject_mismatch'],
      ['a part too many', { subject: [...LAPTOP, { type: 'OU', value: 'Board' }] }, 'subject_mismatch'],
      [
        'a variable nobody replaced',
        {
          subject: [
            { type: 'CN', value: 'laptop-{DeviceSerialNumber}' },
            { type: 'O', value: 'Example' },
          ],
        },
        'subject_mismatch',
      ],
      ['an alternative name outside', { san: [{ type: 'dns' as const, value: 'bank.example.org' }] }, 'san_mismatch'],
    ])('%s does not fit the template: refused, given back, and usable still', async (_, told, reason) => {
      const { secret } = await create()
      const challenge = await challengeOf(secret)
      const { result, events } = await portal.eventsOf(() => enrol(challenge, told))
      expect(result).toMatchObject(REJECTED)
      expect(events).toEqual(['challenge.reserved', `challenge.mismatch ${reason}`, 'challenge.released'])
      expect(await enrol(challenge)).toMatchObject({ pkiStatus: 'SUCCESS' })
    })

    test('names beside a template bind nothing, so there are none', async () => {
      const rules = { subjectTemplate: 'CN=laptop-*' }
      for (const more of [
        { subject: 'CN=laptop-7' },
        { subject: '', san: [{ type: 'dns' as const, value: 'a.example.com' }] },
      ])
        await expect(portal.challenges.mint(admin, { endpoint, ...more, rules })).rejects.toMatchObject({
          code: 'invalid_input',
          reason: 'invalid_subject',
        })
    })

    test('at another endpoint its challenge is worth nothing', async () => {
      const { secret } = await create()
      const challenge = await challengeOf(secret)
      expect(await enrol(challenge, { endpoint: portal.slug })).toMatchObject(REJECTED)
    })

    test('its challenge is listed by its template, and another like it can be minted from there', async () => {
      const { secret } = await create()
      await challengeOf(secret)
      const { items } = await portal.challenges.list(admin, { endpoint }, {})
      expect(items).toMatchObject([
        { subject: 'CN=laptop-*,O=Example; dns:*.example.com', mintedBy: 'Workspace ONE', mintedVia: 'ndes', san: [] },
      ])
      const again = await portal.challenges.reissue(admin, items[0]?.id ?? '')
      expect(await enrol(again.challenge)).toMatchObject({ pkiStatus: 'SUCCESS' })
    })

    test.each([
      ['a wrong secret', 'workspace-one', () => 'wrong', 'credentials_wrong'],
      ['an unknown user', 'nobody', (secret: string) => secret, 'credentials_wrong'],
      ['an empty secret', 'workspace-one', () => '', 'credentials_wrong'],
    ])('%s is turned away with the realm alone', async (_, user, secretOf, reason) => {
      const { secret } = await create()
      const { result, events, full } = await portal.eventsOf(() => ask(secretOf(secret), { user }))
      expect(result).toEqual({ outcome: 'unauthorised', realm: 'portal.example.com' })
      expect(events).toEqual([`challenge_page.refused ${reason}`])
      expect(JSON.stringify(full)).not.toContain(secret)
    })

    test('nothing presented is asked for credentials, whether the endpoint exists or not, and not counted', async () => {
      for (const slug of [endpoint, 'no-such-endpoint', ''])
        for (let time = 0; time < 6; time++)
          expect(await ask('', { endpoint: slug, credentials: 'none' })).toMatchObject({ outcome: 'unauthorised' })
    })

    test('five failures from one address close the page to it for a minute, right credentials too', async () => {
      const { secret } = await create()
      for (let time = 0; time < 5; time++) expect(await ask('wrong')).toMatchObject({ outcome: 'unauthorised' })
      const { result, events } = await portal.eventsOf(() => ask(secret))
      expect(result).toEqual({ outcome: 'too_many', retryAfterSeconds: 60 })
      expect(events).toEqual([])
      expect(await ask(secret, { ip: '192.0.2.10' })).toMatchObject({ outcome: 'challenge' })
      portal.time.now = new Date(portal.time.now.getTime() + 61_000)
      expect(await ask(secret)).toMatchObject({ outcome: 'challenge' })
    })

    test('garbage counts as a failure', async () => {
      for (let time = 0; time < 5; time++) await ask('', { credentials: 'malformed', ip: '198.51.100.7' })
      expect(await ask('', { credentials: 'malformed', ip: '198.51.100.7' })).toMatchObject({ outcome: 'too_many' })
    })

    test('over plain HTTP nothing is looked at, and secrets that came are noted without their value', async () => {
      const { secret } = await create()
      const { result, events, full } = await portal.eventsOf(() => ask(secret, { secure: false }))
      expect(result).toEqual({ outcome: 'insecure' })
      expect(events).toEqual(['challenge_page.refused insecure_connection'])
      expect(JSON.stringify(full)).not.toContain(secret)
      const invited = await portal.eventsOf(() => ask('', { secure: false, credentials: 'none' }))
      expect(invited).toMatchObject({ result: { outcome: 'insecure' }, events: [] })
    })

    test('an installation that is reached over plain HTTP takes them, for there is nothing else', async () => {
      const { secret } = await create()
      const page = createChallengePage({
        store: backing.enrolment.challengePage,
        challenges: portal.challenges,
        limit: portal.limits,
        isLimitReached: portal.limits.isReached,
        recordDenied: (entry) => backing.record(entry),
        urls: createUrls({
          publicUrl: new URL('http://localhost:3000'),
          statusUrl: new URL('http://localhost:3000'),
        }),
      })
      const origin = { ip: '192.0.2.9', userAgent: null, requestId: randomUUID() }
      const credentials = { user: 'workspace-one', secret }
      expect(await page.ask({ endpoint, credentials, head: false, secure: false, origin })).toMatchObject({
        outcome: 'challenge',
      })
    })

    test.each([
      ['an address outside the list', { ip: '198.51.100.7' }, 'address_not_allowed'],
      ['an address nobody knows', { ip: null }, 'address_not_allowed'],
    ])('%s may not, which NDES says in its own words', async (_, more, reason) => {
      const { secret, view } = await create()
      const { result, events } = await portal.eventsOf(() => ask(secret, more))
      expect(result).toEqual({ outcome: 'no_permission', encoding: 'utf-16le' })
      expect(events).toEqual([`challenge_page.refused ${reason}`])
      expect(await seen(view.id)).toMatchObject({ lastRefusal: { reason }, pending: 0 })
    })

    test('any address may where that was said, and the account says so', async () => {
      const { secret, view } = await portal.pageAccounts.create(admin, endpoint, {
        name: 'Fleet',
        subjectTemplate: ACCOUNT.subjectTemplate,
        anyAddress: true,
      })
      expect(view).toMatchObject({ fromEverywhere: true, user: 'fleet' })
      for (const ip of ['198.51.100.7', '2001:db8::7'])
        expect(await ask(secret, { user: 'fleet', ip })).toMatchObject({ outcome: 'challenge' })
    })

    test('an account that is disabled, an endpoint that is off or of another policy: no permission', async () => {
      const { secret, view } = await create()
      const reason = async () => {
        expect(await ask(secret)).toMatchObject({ outcome: 'no_permission' })
        return (await seen(view.id)).lastRefusal?.reason
      }
      await portal.pageAccounts.update(admin, endpoint, view.id, { enabled: false })
      expect(await reason()).toBe('account_disabled')
      await portal.pageAccounts.update(admin, endpoint, view.id, { enabled: true })
      await backing.setEndpoint(endpoint, { policy: 'approval' })
      expect(await reason()).toBe('endpoint_not_dynamic')
      await backing.setEndpoint(endpoint, { policy: 'dynamic' })
      expect(await ask(secret)).toMatchObject({ outcome: 'challenge' })
    })

    test('beyond the most that may wait, the cache is full, until one is used', async () => {
      const { secret, view } = await create({ mostPending: 2 })
      const first = await challengeOf(secret)
      await challengeOf(secret)
      const { result, events } = await portal.eventsOf(() => ask(secret))
      expect(result).toEqual({ outcome: 'cache_full', ttlMinutes: 60, encoding: 'utf-16le' })
      expect(events).toEqual(['challenge.mint_refused challenge_quota'])
      expect(await seen(view.id)).toMatchObject({ pending: 2, lastRefusal: { reason: 'challenge_quota' } })
      expect(await enrol(first)).toMatchObject({ pkiStatus: 'SUCCESS' })
      expect(await ask(secret)).toMatchObject({ outcome: 'challenge' })
    })

    test('those who ask at the same moment never get more than may wait', async () => {
      const { secret, view } = await create({ mostPending: 3 })
      const answers = await Promise.all(Array.from({ length: 12 }, () => ask(secret)))
      expect(answers.filter(({ outcome }) => outcome === 'challenge')).toHaveLength(3)
      expect(answers.filter(({ outcome }) => outcome === 'cache_full')).toHaveLength(9)
      expect(await seen(view.id)).toMatchObject({ pending: 3 })
    })

    test('the bound of one account is not used up by another', async () => {
      const one = await create({ mostPending: 1 })
      const other = await create({ name: 'Fleet', mostPending: 1 })
      expect(await ask(one.secret)).toMatchObject({ outcome: 'challenge' })
      expect(await ask(one.secret)).toMatchObject({ outcome: 'cache_full' })
      expect(await ask(other.secret, { user: 'fleet' })).toMatchObject({ outcome: 'challenge' })
    })

    test('sixty a minute is the pace, and after it the cache is full for the rest of the minute', async () => {
      const { secret, view } = await create()
      for (let time = 0; time < 60; time++)
        expect(await ask(secret, { head: true })).toMatchObject({ outcome: 'challenge' })
      expect(await ask(secret)).toMatchObject({ outcome: 'cache_full' })
      expect(await seen(view.id)).toMatchObject({ lastRefusal: { reason: 'too_fast' }, pending: 0 })
      portal.time.now = new Date(portal.time.now.getTime() + 61_000)
      expect(await ask(secret)).toMatchObject({ outcome: 'challenge' })
    })

    test('HEAD is noted and mints nothing', async () => {
      const { secret, view } = await create({ format: 'hex16' })
      const { result, events } = await portal.eventsOf(() => ask(secret, { head: true }))
      expect(result).toMatchObject({ outcome: 'challenge', challenge: '0'.repeat(16) })
      expect(events).toEqual(['challenge_page.probed'])
      expect(await seen(view.id)).toMatchObject({ pending: 0 })
    })

    test('short challenges in UTF-8, with a life of their own', async () => {
      const { secret, view } = await create({ format: 'hex16', encoding: 'utf-8', ttlMinutes: 30 })
      const answer = await ask(secret)
      expect(answer).toMatchObject({ outcome: 'challenge', ttlMinutes: 30, encoding: 'utf-8' })
      expect(answer.outcome === 'challenge' && answer.challenge).toMatch(/^[0-9A-F]{16}$/)
      const { items } = await portal.challenges.list(admin, { endpoint }, {})
      const [minted] = items
      expect((minted?.expiresAt.getTime() ?? 0) - (minted?.createdAt.getTime() ?? 0)).toBe(30 * 60_000)
      await backing.age('challenge', minted?.id ?? '', 31)
      expect(await seen(view.id)).toMatchObject({ pending: 0 })
    })

    test('with a new secret the old one holds until its time is over', async () => {
      const { secret: old, view } = await create()
      const { secret, view: rotated } = await portal.pageAccounts.rotate(admin, endpoint, view.id, 2)
      expect(secret).not.toBe(old)
      expect(rotated.previousSecretUntil).not.toBeNull()
      for (const each of [old, secret]) expect(await ask(each)).toMatchObject({ outcome: 'challenge' })
      await backing.age('page-account', view.id, 121)
      expect(await ask(old)).toMatchObject({ outcome: 'unauthorised' })
      expect(await ask(secret)).toMatchObject({ outcome: 'challenge' })
    })

    test('an old secret can be ended at once', async () => {
      const { secret: old, view } = await create()
      const { events, full, result } = await portal.eventsOf(() =>
        portal.pageAccounts.rotate(admin, endpoint, view.id, 0),
      )
      expect(events).toEqual(['challenge_page.secret_replaced'])
      expect(JSON.stringify(full)).not.toContain(result.secret)
      expect(result.view.previousSecretUntil).toBeNull()
      expect(await ask(old)).toMatchObject({ outcome: 'unauthorised' })
    })

    test('the standard path is the page of the default endpoint, and of nobody while there is none', async () => {
      const { secret } = await create()
      expect(await ask(secret, { endpoint: '' })).toMatchObject({ outcome: 'unauthorised' })
      await backing.enrolment.defaultEndpoint.chooseDefault(endpoint, () => ({
        type: 'system.default_endpoint_changed',
        outcome: 'success',
        actor: admin,
        object: { type: 'system', id: null },
      }))
      expect(await ask(secret, { endpoint: '' })).toMatchObject({ outcome: 'challenge' })
    })

    describe('its accounts', () => {
      test.each([
        ['without a name', { name: '  ' }, 'name'],
        ['with a user name that a domain could hide in', { user: 'EXAMPLE\\fleet' }, 'user'],
        ['without a user name that can be made', { name: '管理' }, 'user'],
        ['from nowhere', { allowedAddresses: [] }, 'allowedAddresses'],
        ['from a network that is none', { allowedAddresses: ['10.0.0.0/33'] }, 'allowedAddresses'],
        ['from named networks and from anywhere', { anyAddress: true }, 'allowedAddresses'],
        ['for every name there is', { subjectTemplate: 'CN=*' }, 'subjectTemplate'],
        ['for no time', { ttlMinutes: 4 }, 'ttlMinutes'],
        ['for more than a day', { ttlMinutes: 1_441 }, 'ttlMinutes'],
        ['short and long-lived', { format: 'hex16' as const, ttlMinutes: 61 }, 'ttlMinutes'],
        ['with none that may wait', { mostPending: 0 }, 'mostPending'],
        ['with more than an endpoint may have', { mostPending: 1_001 }, 'mostPending'],
      ])('%s: refused, naming the field', async (_, more, field) => {
        const { events } = await portal.eventsOf(() =>
          expect(create(more)).rejects.toMatchObject({
            code: 'invalid_input',
            fields: { [field]: expect.any(String) },
          }),
        )
        expect(events).toEqual([])
      })

      test('of two with one user name at the same moment, one is added; at another endpoint it is free', async () => {
        const both = await Promise.allSettled([create({ user: 'mdm' }), create({ user: 'MDM', name: 'Other' })])
        expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        await expect(create({ user: 'mdm' })).rejects.toMatchObject({ code: 'conflict', reason: 'page_user_taken' })
        const elsewhere = await portal.pageAccounts.create(admin, portal.slug, { ...ACCOUNT, user: `mdm-${groups}` })
        await expect(portal.pageAccounts.get(admin, endpoint, elsewhere.view.id)).rejects.toMatchObject({
          code: 'not_found',
        })
        await expect(
          portal.pageAccounts.update(admin, endpoint, elsewhere.view.id, { enabled: false }),
        ).rejects.toMatchObject({ code: 'not_found' })
        await expect(portal.pageAccounts.rotate(admin, endpoint, elsewhere.view.id)).rejects.toMatchObject({
          code: 'not_found',
        })
      })

      test('say what changed, and nothing where nothing did', async () => {
        const { view } = await create()
        const change = (update: Parameters<typeof portal.pageAccounts.update>[3]) =>
          portal.eventsOf(() => portal.pageAccounts.update(admin, endpoint, view.id, update))
        expect((await change({ name: 'Workspace ONE' })).events).toEqual([])
        const { events, result } = await change({ encoding: 'utf-8', mostPending: 5, anyAddress: true })
        expect(events).toEqual(['challenge_page.account_changed'])
        expect(result).toMatchObject({ encoding: 'utf-8', mostPending: 5, fromEverywhere: true, name: 'Workspace ONE' })
        expect(await change({ allowedAddresses: ['10.0.0.0/8'] })).toMatchObject({ result: { fromEverywhere: false } })
        expect((await change({ enabled: false })).events).toEqual(['challenge_page.account_disabled'])
        expect((await change({ enabled: false })).events).toEqual([])
        expect((await change({ enabled: true })).events).toEqual(['challenge_page.account_enabled'])
        await create({ name: 'Fleet' })
        await expect(change({ user: 'fleet' })).rejects.toMatchObject({ reason: 'page_user_taken' })
        await expect(change({ format: 'hex16', ttlMinutes: 90 })).rejects.toMatchObject({ code: 'invalid_input' })
      })

      test('are read by everybody who is signed in, and kept by administrators', async () => {
        const { view } = await create()
        for (const role of ['operator', 'auditor'] as const) {
          expect(await portal.pageAccounts.list(actor(role), endpoint)).toHaveLength(1)
          const denied = { code: 'forbidden' }
          await expect(portal.pageAccounts.create(actor(role), endpoint, ACCOUNT)).rejects.toMatchObject(denied)
          await expect(portal.pageAccounts.rotate(actor(role), endpoint, view.id)).rejects.toMatchObject(denied)
          await expect(portal.pageAccounts.update(actor(role), endpoint, view.id, {})).rejects.toMatchObject(denied)
        }
        await expect(portal.pageAccounts.list(actor('mdm'), endpoint)).rejects.toMatchObject({ code: 'forbidden' })
        await expect(portal.challenges.list(actor('mdm'), {}, {})).rejects.toMatchObject({ code: 'forbidden' })
      })

      test('their secrets are nowhere', async () => {
        const { secret, view } = await create()
        const rotated = await portal.pageAccounts.rotate(admin, endpoint, view.id)
        const shown = JSON.stringify(await portal.pageAccounts.list(admin, endpoint))
        for (const each of [secret, rotated.secret]) expect(shown).not.toContain(each)
        expect(shown).not.toContain('ecretHash')
      })
    })
  })
}
