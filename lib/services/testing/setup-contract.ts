/** What the first run promises, whichever store is beneath it: run on the one in memory and on Postgres. */
import { beforeEach, describe, expect, test } from 'vitest'
import { isRefusal } from '@/lib/errors'
import { systemActor } from '@/lib/services/actor'
import {
  createSetup,
  type SetupDeps,
  type SetupRequest,
  type SetupService,
  type SetupStore,
} from '@/lib/services/setup'
import { person, type RecordedLine, type TestClock, testClock, testPasswords } from './people'

export interface FirstRun {
  store: SetupStore
  /** Makes the root as the authority service does: once, and the same one again afterwards. */
  createRoot: SetupDeps['createRoot']
  recorded(): Promise<RecordedLine[]>
  /** Organisation and e-mail addresses that are there now. */
  standing(): Promise<{ organisation: string | null; root: string | null; users: string[] }>
}

const stranger = person(null)
const cli = systemActor('cli', 'Command line')
const REQUEST: SetupRequest = {
  organisation: 'Example University',
  name: 'Ada Admin',
  email: 'ada@example.org',
  password: 'gleam turbine walnut echo',
}
const RECORDED = [
  { type: 'iam.user.created', outcome: 'success' },
  { type: 'system.setup_completed', outcome: 'success' },
]

export function setupContract(name: string, makeFirstRun: () => Promise<FirstRun>): void {
  describe(`set-up on ${name}`, () => {
    let first: FirstRun
    let clock: TestClock
    let setup: SetupService

    beforeEach(async () => {
      first = await makeFirstRun()
      clock = testClock()
      setup = createSetup({ store: first.store, passwords: testPasswords(), createRoot: first.createRoot, clock })
    })

    const link = async () => (await setup.issueLink())?.token ?? ''

    test('makes root, organisation and administrator from one link, once', async () => {
      expect(await setup.isDone()).toBe(false)
      const token = await link()
      expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
      expect(await setup.checkLink(token)).toBe(true)
      const made = await setup.complete(stranger, token, { ...REQUEST, organisation: '  Example University ' })
      expect(made).toMatchObject({ organisation: 'Example University', rootSlug: 'root' })
      expect(await first.standing()).toEqual({
        organisation: 'Example University',
        root: 'Example University',
        users: ['ada@example.org'],
      })
      expect(await first.recorded()).toEqual(RECORDED)
      expect(await setup.isDone()).toBe(true)
      expect(await setup.checkLink(token)).toBe(false)
      expect(await setup.issueLink()).toBeNull()
      expect(await codeOf(setup.complete(stranger, token, REQUEST))).toBe('link_refused')
      expect(await codeOf(setup.complete(cli, null, REQUEST))).toBe('conflict')
    })

    test('works from the command line without a link, and closes the open one', async () => {
      const token = await link()
      await setup.complete(cli, null, REQUEST)
      expect(await setup.checkLink(token)).toBe(false)
      expect(await first.recorded()).toEqual(RECORDED)
    })

    test('needs a link from everybody else', async () => {
      for (const token of [null, '', 'A'.repeat(43), 'x'.repeat(10_000)]) {
        expect(await codeOf(setup.complete(stranger, token, REQUEST))).toBe('link_refused')
      }
      expect(await codeOf(setup.complete(person('admin', 'someone'), null, REQUEST))).toBe('link_refused')
      expect(await first.standing()).toEqual({ organisation: null, root: null, users: [] })
      expect(await first.recorded()).toEqual([])
    })

    test('a link expires after 24 hours', async () => {
      const token = await link()
      clock.advance({ hours: 23, minutes: 59 })
      expect(await setup.checkLink(token)).toBe(true)
      clock.advance({ minutes: 1 })
      expect(await setup.checkLink(token)).toBe(false)
      expect(await codeOf(setup.complete(stranger, token, REQUEST))).toBe('link_refused')
    })

    test('a new link closes the older ones, also when many are asked for at once', async () => {
      const older = await link()
      const issued = await Promise.all(Array.from({ length: 8 }, link))
      const open = await Promise.all([older, ...issued].map((token) => setup.checkLink(token)))
      expect(open.filter((works) => works)).toHaveLength(1)
      expect(open[0]).toBe(false)
    })

    test('a form with faults spends nothing and names them all', async () => {
      const token = await link()
      const faulty = { organisation: ' ', name: 'x'.repeat(65), email: 'nowhere', password: 'Welcome2025Welcome' }
      const fields = await setup
        .complete(stranger, token, faulty)
        .catch((error: unknown) => (isRefusal(error) ? error.fields : null))
      expect(Object.keys(fields ?? {}).sort()).toEqual(['email', 'name', 'organisation', 'password'])
      expect(await setup.checkLink(token)).toBe(true)
      await setup.complete(stranger, token, REQUEST)
    })

    test('of two people with the link at the same instant one wins, and the root is hers', async () => {
      const token = await link()
      let calls = 0
      // Whoever makes the root dawdles, so that the other could overtake her with another name.
      const createRoot: FirstRun['createRoot'] = async (actor, request) => {
        const root = await first.createRoot(actor, request)
        if (calls++ === 0) await new Promise((resolve) => setTimeout(resolve, 100))
        return root
      }
      const racing = createSetup({ store: first.store, passwords: testPasswords(), createRoot, clock })
      const outcomes = await Promise.allSettled([
        racing.complete(stranger, token, REQUEST),
        racing.complete(stranger, token, { ...REQUEST, organisation: 'Another Place', email: 'eve@example.org' }),
      ])
      expect(calls).toBe(1)
      expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected'])
      const standing = await first.standing()
      expect(standing.users).toHaveLength(1)
      expect(standing.root).toBe(standing.organisation)
      expect(await first.recorded()).toEqual(RECORDED)
    })

    test('a root that could not be made leaves the link as it was', async () => {
      const token = await link()
      const createRoot = () => Promise.reject(new Error('the signer is away'))
      const failing = createSetup({ store: first.store, passwords: testPasswords(), createRoot, clock })
      await expect(failing.complete(stranger, token, REQUEST)).rejects.toThrow('the signer is away')
      expect(await first.standing()).toEqual({ organisation: null, root: null, users: [] })
      await setup.complete(stranger, token, REQUEST)
    })

    test('a claim that a crash left behind is taken over after two minutes', async () => {
      const token = await link()
      await first.store.begin('crashed', clock(), new Date(0))
      expect(await codeOf(setup.complete(stranger, token, REQUEST))).toBe('conflict')
      clock.advance({ seconds: 121 })
      await setup.complete(stranger, token, REQUEST)
    })
  })
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing was refused',
    (error: unknown) => (isRefusal(error) ? error.code : Promise.reject(error)),
  )
}
