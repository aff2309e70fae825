/** Connectors to MDMs: run in memory and on Postgres. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Refusal } from '@/lib/errors'
import type { Json } from '@/lib/services/audit'
import { createConnectorCalls } from '@/lib/services/mdm-connector-calls'
import type {
  ConnectorCall,
  ConnectorCalls,
  ConnectorCheck,
  MdmKindDefinition,
} from '@/lib/services/mdm-connector-types'
import { type ConnectorUpkeep, createConnectorUpkeep } from '@/lib/services/mdm-connector-upkeep'
import type { MdmConnectorsService } from '@/lib/services/mdm-connector-views'
import { createMdmConnectors } from '@/lib/services/mdm-connectors'
import { EVENTS_KIND } from '@/lib/services/mdm-events'
import { actor, type Backing, DAY_MS, type Installation, installation } from './harness'
import type { MdmConnectorStores } from './mdm-connector-stores'

const admin = actor('admin')

/** A kind with an address and a secret that must not follow it to another one. */
const POSTING_KIND: MdmKindDefinition = {
  kind: 'jamf',
  checkedSettings(input, before) {
    const { url } = { ...(before as { url?: string }), ...(input as { url?: string }) }
    if (typeof url === 'string' && url.startsWith('https://')) return { url }
    throw new Refusal('invalid_input', 'Write an address.', { fields: { url: 'Write an address.' } })
  },
  checkedCredential(input) {
    const { clientSecret } = input as { clientSecret?: unknown }
    if (typeof clientSecret === 'string' && clientSecret !== '') return Buffer.from(clientSecret)
    throw new Refusal('invalid_input', 'Write the secret.', { fields: { clientSecret: 'Write the secret.' } })
  },
  credentialMoves: (before: Json, after: Json) => JSON.stringify(before) !== JSON.stringify(after),
  test: async ({ settings }): Promise<ConnectorCheck[]> => [
    { step: 'Token', ok: true, code: null, sentence: JSON.stringify(settings), advice: null },
    { step: 'Inventory', ok: false, code: 'INVALID_PRIVILEGE', sentence: 'It said no.', advice: 'Grant it.' },
  ],
}

export function mdmConnectorContract(
  name: string,
  open: () => Promise<{ backing: Backing; stores: MdmConnectorStores }>,
): void {
  describe(name, () => {
    let portal: Installation
    let stores: MdmConnectorStores
    let connectors: MdmConnectorsService
    let calls: ConnectorCalls
    let upkeep: ConnectorUpkeep
    let logged: string[]

    beforeEach(async () => {
      const opened = await open()
      stores = opened.stores
      portal = installation(opened.backing)
      logged = []
      // Postgres has its own clock, so that of the services follows it here.
      portal.time.now = new Date()
      const { signer, urls } = portal
      connectors = createMdmConnectors({
        store: stores.connectors,
        kinds: [EVENTS_KIND, POSTING_KIND],
        hookKinds: ['events', 'jamf'],
        signer,
        urls,
        clock: () => portal.time.now,
      })
      calls = createConnectorCalls({ store: stores.calls, log: (_level, event) => logged.push(event) })
      upkeep = createConnectorUpkeep({ store: stores.upkeep })
    })
    afterEach(() => portal.backing.close())

    const addJamf = (more: object = {}) =>
      connectors.create(admin, {
        kind: 'jamf',
        name: 'Jamf Pro',
        slug: 'jamf',
        settings: { url: 'https://jamf.example.com' },
        credential: { clientSecret: 'sesame-7' },
        ...more,
      })
    const addEvents = (slug = 'mosyle') => connectors.create(admin, { kind: 'events', name: 'Mosyle', slug })
    const opened = async (slug: string) => {
      const row = await stores.rows.connectorBySlug(slug)
      if (row === null || row.credentialSealed === null) return null
      return Buffer.from(await portal.signer.open('connector', row.id, row.credentialSealed)).toString()
    }
    const call = (connectorId: string, more: Partial<ConnectorCall> = {}): ConnectorCall => ({
      connectorId,
      direction: 'out',
      operation: 'token',
      target: 'jamf.example.com/api/oauth/token',
      status: 200,
      outcome: 'success',
      code: null,
      detail: null,
      milliseconds: 12.4,
      attempt: 1,
      correlationId: null,
      enrolmentTransactionId: null,
      ...more,
    })

    test('one is added with its event; its secrets are sealed, and shown once or never', async () => {
      const expires = new Date(portal.time.now.getTime() + 200 * DAY_MS)
      const { result, trail } = await portal.trailOf(() => addJamf({ credentialExpiresAt: expires }))
      expect(result.view).toMatchObject({
        kind: 'jamf',
        slug: 'jamf',
        settings: { url: 'https://jamf.example.com' },
        enabled: true,
        light: 'never-used',
        remaining: ['contact', 'heard'],
        hasCredential: true,
        credentialExpiresAt: expires,
        hookUrl: 'https://portal.example.com/hooks/jamf',
        previousHookSecretUntil: null,
        createdBy: 'Ada Admin',
      })
      expect(result.hookSecret).toMatch(/^[A-Za-z0-9]{40}$/)
      expect(JSON.stringify(result.view)).not.toMatch(/sesame|ealed/)
      expect(await opened('jamf')).toBe('sesame-7')
      expect(trail).toEqual([
        { type: 'connector.created', outcome: 'success', reason: null, object: 'connector', objectId: result.view.id },
      ])
      expect((await addEvents()).hookSecret).toMatch(/^whsec_/)
      expect((await connectors.list(admin)).map(({ slug }) => slug)).toEqual(['jamf', 'mosyle'])
    })

    test.each([
      ['an unknown kind', { kind: 'nonsense' }, 'kind'],
      ['no name', { name: ' ' }, 'name'],
      ['a name in the URL that is none', { slug: 'Jamf Pro' }, 'slug'],
      ['the name of a page', { slug: 'new' }, 'slug'],
      ['settings the kind refuses', { settings: { url: 'ftp://x' } }, 'url'],
      ['a credential the kind refuses', { credential: { clientSecret: '' } }, 'clientSecret'],
      ['an expiry that is over', { credentialExpiresAt: new Date('2001-01-01') }, 'credentialExpiresAt'],
    ])('%s is refused, and nothing is added', async (_what, wrong, field) => {
      const { result, trail } = await portal.trailOf(() => addJamf(wrong).catch((error: unknown) => error))
      expect(result).toMatchObject({ code: 'invalid_input', fields: { [field]: expect.any(String) } })
      expect(trail).toEqual([])
      expect(await connectors.list(admin)).toEqual([])
    })

    test('two have not the same URL', async () => {
      await addJamf()
      const { result, trail } = await portal.trailOf(() => addEvents('jamf').catch((error: unknown) => error))
      expect(result).toMatchObject({ code: 'conflict', reason: 'slug_taken' })
      expect(trail).toEqual([])
    })

    test('only administrators change one; everybody who signs in may look', async () => {
      await addJamf()
      const operator = actor('operator')
      await expect(connectors.get(operator, 'jamf')).resolves.toMatchObject({ slug: 'jamf' })
      await expect(connectors.calls(actor('auditor'), 'jamf', {}, {})).resolves.toMatchObject({ items: [] })
      for (const attempt of [
        () => connectors.create(operator, { kind: 'events', name: 'x', slug: 'x' }),
        () => connectors.change(operator, 'jamf', { enabled: false }),
        () => connectors.rotateHookSecret(operator, 'jamf'),
        () => connectors.test(operator, 'jamf'),
      ])
        await expect(attempt()).rejects.toMatchObject({ code: 'forbidden' })
      await expect(connectors.get(actor('radius'), 'jamf')).rejects.toMatchObject({ code: 'forbidden' })
      await expect(connectors.get(admin, 'nobody')).rejects.toMatchObject({ code: 'not_found' })
    })

    test('a changed address forgets the credential, unless a new one comes with it', async () => {
      await addJamf({ credentialExpiresAt: new Date(portal.time.now.getTime() + 200 * DAY_MS) })
      const { result, trail } = await portal.trailOf(() =>
        connectors.change(admin, 'jamf', { settings: { url: 'https://evil.example.net' } }),
      )
      expect(result).toMatchObject({
        hasCredential: false,
        credentialExpiresAt: null,
        remaining: ['credential', 'contact', 'heard'],
      })
      expect(trail).toMatchObject([{ type: 'connector.updated' }])
      expect(await opened('jamf')).toBeNull()
      const both = { settings: { url: 'https://next.example.com' }, credential: { clientSecret: 'sesame-8' } }
      expect(await connectors.change(admin, 'jamf', both)).toMatchObject({ hasCredential: true })
      expect(await opened('jamf')).toBe('sesame-8')
      await connectors.change(admin, 'jamf', { name: 'Jamf in Berlin' })
      expect(await opened('jamf')).toBe('sesame-8')
    })

    test('a credential that is entered while somebody changes the address does not go to that address', async () => {
      await addJamf()
      const before = await stores.connectors.bySlug('jamf')
      if (before === null) throw new Error('no connector')
      await connectors.change(admin, 'jamf', { credential: { clientSecret: 'sesame-9' } })
      const { result, trail } = await portal.trailOf(() =>
        stores.connectors.change(
          before,
          { name: 'Jamf Pro', settings: { url: 'https://evil.example.net' }, credentialExpiresAt: null, enabled: true },
          [],
        ),
      )
      expect(result).toBe(false)
      expect(trail).toEqual([])
      expect(await connectors.get(admin, 'jamf')).toMatchObject({ settings: { url: 'https://jamf.example.com' } })
    })

    test('a connector that somebody pauses is not resumed by who changes its name meanwhile', async () => {
      await addJamf()
      const before = await stores.connectors.bySlug('jamf')
      if (before === null) throw new Error('no connector')
      await connectors.change(admin, 'jamf', { enabled: false })
      const { settings, credentialExpiresAt } = before
      const change = { name: 'Jamf', settings: settings as { url: string }, credentialExpiresAt, enabled: true }
      expect(await stores.connectors.change(before, change, [])).toBe(false)
      expect(await connectors.get(admin, 'jamf')).toMatchObject({ enabled: false, name: 'Jamf Pro' })
    })

    test('a change that changes nothing leaves no event; pausing and resuming leave one each', async () => {
      await addJamf()
      const nothing = await portal.trailOf(() => connectors.change(admin, 'jamf', { name: 'Jamf Pro', enabled: true }))
      expect(nothing.trail).toEqual([])
      const paused = await portal.trailOf(() => connectors.change(admin, 'jamf', { enabled: false }))
      expect(paused.result).toMatchObject({ enabled: false, light: 'disabled' })
      expect(paused.trail).toMatchObject([{ type: 'connector.disabled' }])
      expect(await stores.rows.connectorsOf('jamf')).toEqual([])
      const resumed = await portal.trailOf(() => connectors.change(admin, 'jamf', { enabled: true }))
      expect(resumed.trail).toMatchObject([{ type: 'connector.updated' }])
      expect(await stores.rows.connectorsOf('jamf')).toMatchObject([{ slug: 'jamf', disabled: false }])
    })

    test('a hook secret that is replaced is believed for a day', async () => {
      await addEvents()
      const { result, trail } = await portal.trailOf(() => connectors.rotateHookSecret(admin, 'mosyle'))
      expect(result.hookSecret).toMatch(/^whsec_/)
      expect(trail).toMatchObject([{ type: 'connector.updated' }])
      const row = await stores.rows.connectorBySlug('mosyle')
      expect(row?.previousHookSecretSealed).not.toBeNull()
      const until = row?.previousHookSecretUntil?.getTime() ?? 0
      expect(Math.abs(until - portal.time.now.getTime() - DAY_MS)).toBeLessThan(DAY_MS / 24)
      expect(result.view.previousHookSecretUntil).toEqual(row?.previousHookSecretUntil)
      portal.time.now = new Date(portal.time.now.getTime() + 2 * DAY_MS)
      expect(await connectors.get(admin, 'mosyle')).toMatchObject({ previousHookSecretUntil: null })
    })

    test('a test says each step; a kind that only listens has none', async () => {
      await addJamf()
      await addEvents()
      expect(await connectors.test(admin, 'jamf')).toMatchObject({
        works: false,
        checks: [{ ok: true }, { ok: false, code: 'INVALID_PRIVILEGE', advice: 'Grant it.' }],
      })
      await expect(connectors.test(admin, 'mosyle')).rejects.toMatchObject({
        code: 'conflict',
        reason: 'nothing_to_test',
      })
    })

    test('what is learnt is merged, and null forgets it', async () => {
      const { view } = await addJamf()
      await stores.rows.learn(view.id, { services: { a: null, b: 'x' }, since: 'then' })
      await stores.rows.learn(view.id, { since: null, page: 2 })
      expect((await stores.rows.connector(view.id))?.state).toEqual({ services: { a: null, b: 'x' }, page: 2 })
      expect(await stores.rows.connector('00000000-0000-4000-8000-00000000dead')).toBeNull()
    })

    test('calls show as a light: well, failing while they fail, well again', async () => {
      const { view } = await addJamf()
      const look = async () => connectors.get(admin, 'jamf')
      await calls.note(call(view.id))
      expect(await look()).toMatchObject({ light: 'well', remaining: ['heard'], health: { failures: 0 } })
      await calls.note(call(view.id, { outcome: 'failed', status: null, code: 'timeout', detail: 'No answer.' }))
      await calls.note(call(view.id, { outcome: 'refused', status: 401, code: 'invalid_client', detail: 'No.' }))
      expect(await look()).toMatchObject({
        light: 'failing',
        health: { failures: 2, lastError: 'invalid_client: No.', lastFailureAt: expect.any(Date) },
      })
      await calls.note(call(view.id, { outcome: 'refused', status: 200, code: 'ChallengeExpired' }))
      expect(await look()).toMatchObject({ light: 'well', health: { failures: 0 } })
    })

    test('what comes in counts as heard, unless nobody vouches for it', async () => {
      const { view } = await addEvents()
      const incoming = { direction: 'in', operation: 'message', target: '/hooks/mosyle' } as const
      await calls.note(call(view.id, { ...incoming, outcome: 'refused', status: 401, code: 'unauthenticated' }))
      expect(await connectors.get(admin, 'mosyle')).toMatchObject({ light: 'never-used', remaining: ['heard'] })
      await calls.note(call(view.id, { ...incoming, operation: 'device.removed' }))
      expect(await connectors.get(admin, 'mosyle')).toMatchObject({
        light: 'well',
        remaining: [],
        health: { lastHeardAt: expect.any(Date), failures: 0 },
      })
    })

    test('calls are kept without secrets', async () => {
      const { view } = await addJamf()
      await calls.note(
        call(view.id, {
          target: 'https://user:pass@jamf.example.com/api/v1/x?token=abc#frag',
          detail:
            'client_secret=hunter2, Authorization: Bearer abc.def, whsec_AAECAwQ= 8CE317021F690069A0B1C2D3E4F50617 ' +
            'eyJhbGciOi.eyJz.sig "access_token":"xyz" trace 0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b\nnext line',
          correlationId: '0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b',
        }),
      )
      const [kept] = (await connectors.calls(admin, 'jamf', {}, {})).items
      expect(kept).toMatchObject({
        target: 'jamf.example.com/api/v1/x',
        correlationId: '0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b',
        milliseconds: 12,
        at: expect.any(Date),
      })
      expect(kept?.detail).not.toMatch(/hunter2|abc\.def|AAECAwQ|8CE3|eyJ|xyz|\n/)
      expect(kept?.detail).toContain('trace 0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b')
      await calls.note(call(view.id, { detail: 'x '.repeat(5_000) }))
      // The two may be of one millisecond, and stand in either order.
      const { items } = await connectors.calls(admin, 'jamf', {}, { limit: 2 })
      expect(Math.max(...items.map(({ detail }) => detail?.length ?? 0))).toBe(500)
    })

    test('a call that cannot be recorded changes nothing, and is logged', async () => {
      await calls.note(call('00000000-0000-4000-8000-00000000dead'))
      await calls.note(call('no id at all'))
      expect(logged).toEqual(['connector.call_unrecorded', 'connector.call_unrecorded'])
    })

    test('calls are paged newest first, and filtered', async () => {
      const { view } = await addJamf()
      for (const operation of ['one', 'two', 'three', 'four', 'five'])
        await calls.note(call(view.id, { operation, outcome: operation === 'two' ? 'failed' : 'success' }))
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await connectors.calls(
          admin,
          'jamf',
          {},
          { limit: 2, ...(cursor === undefined ? {} : { cursor }) },
        )
        seen.push(...page.items.map(({ operation }) => operation))
        cursor = page.nextCursor ?? undefined
      } while (cursor !== undefined)
      expect(seen.toSorted()).toEqual(['five', 'four', 'one', 'three', 'two'])
      const failed = await connectors.calls(admin, 'jamf', { outcome: 'failed' }, {})
      expect(failed.items.map(({ operation }) => operation)).toEqual(['two'])
      expect((await connectors.calls(admin, 'jamf', { operation: 'four' }, {})).items).toHaveLength(1)
      expect(await connectors.operations(admin, 'jamf')).toEqual(['five', 'four', 'one', 'three', 'two'])
      await expect(connectors.calls(admin, 'jamf', {}, { cursor: 'nonsense' })).rejects.toMatchObject({
        code: 'invalid_input',
      })
    })

    test('calls are forgotten after thirty days, messages after seven', async () => {
      const { view } = await addEvents()
      await calls.note(call(view.id))
      await stores.messages.claim(view.id, 'm1', new Uint8Array(32))
      await stores.age(8)
      await upkeep.tend(portal.time.now)
      expect((await connectors.calls(admin, 'mosyle', {}, {})).items).toHaveLength(1)
      expect(await stores.messages.claim(view.id, 'm1', new Uint8Array(32))).toEqual({ claim: 'mine' })
      await stores.age(23)
      await upkeep.tend(portal.time.now)
      expect((await connectors.calls(admin, 'mosyle', {}, {})).items).toHaveLength(0)
    })

    test('of an expiry there is one warning, and one more for the next expiry', async () => {
      const inDays = (days: number) => new Date(portal.time.now.getTime() + days * DAY_MS)
      await addJamf({ credentialExpiresAt: inDays(31) })
      const tend = async () => (await portal.trailOf(() => upkeep.tend(portal.time.now))).trail.map(({ type }) => type)
      expect(await tend()).toEqual([])
      expect(await connectors.expiring(admin)).toEqual([])
      portal.time.now = inDays(2)
      expect(await tend()).toEqual(['connector.credential_expiring'])
      expect(await tend()).toEqual([])
      expect(await connectors.expiring(admin)).toMatchObject([{ light: 'credential-expiring' }])
      await connectors.change(admin, 'jamf', { credentialExpiresAt: inDays(10) })
      expect(await tend()).toEqual(['connector.credential_expiring'])
      portal.time.now = inDays(11)
      expect(await connectors.get(admin, 'jamf')).toMatchObject({ light: 'credential-expired' })
      expect(await tend()).toEqual([])
      const fresh = { credential: { clientSecret: 'sesame-2' } }
      expect(await connectors.change(admin, 'jamf', fresh)).toMatchObject({
        credentialExpiresAt: null,
        light: 'never-used',
      })
      await connectors.change(admin, 'jamf', { enabled: false, credentialExpiresAt: inDays(5) })
      expect(await tend()).toEqual([])
    })

    test('a message is acted on by one, and its answer kept', async () => {
      const { view } = await addEvents()
      const { messages } = stores
      const hash = new Uint8Array(32).fill(7)
      const both = await Promise.all([1, 2].map(() => messages.claim(view.id, 'm1', hash)))
      expect(both.map(({ claim }) => claim).toSorted()).toEqual(['mine', 'running'])
      await messages.release(view.id, 'm1')
      expect(await messages.claim(view.id, 'm1', hash)).toEqual({ claim: 'mine' })
      await messages.finish(view.id, 'm1', { status: 200 })
      const again = await messages.claim(view.id, 'm1', hash)
      expect(again).toMatchObject({ claim: 'answered', answer: { status: 200 } })
      expect(again.claim === 'answered' && [...again.bodySha256]).toEqual([...hash])
    })

    test('a device is found by any of its ids', async () => {
      const { view } = await addEvents()
      const { knownDevice } = stores.messages
      await stores.addDevice({ connectorId: view.id, externalId: '42', serial: 'C02', udid: 'U-1' })
      await stores.addDevice({ connectorId: view.id, externalId: '43', serial: 'C03', udid: null })
      const ids = { externalId: null, serial: null, udid: null }
      expect(await knownDevice(view.id, { ...ids, externalId: '43', serial: 'C02' })).toBe('43')
      expect(await knownDevice(view.id, { ...ids, externalId: '44', serial: 'C02' })).toBe('42')
      expect(await knownDevice(view.id, { ...ids, udid: 'U-1' })).toBe('42')
      expect(await knownDevice(view.id, { ...ids, serial: 'C99' })).toBeNull()
      const { view: other } = await addEvents('other')
      expect(await knownDevice(other.id, { ...ids, serial: 'C02' })).toBeNull()
    })
  })
}
