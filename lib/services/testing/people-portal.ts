/** The people's part of the portal, built anew for each test, with the words its tests are written in. */
import { beforeEach, expect } from 'vitest'
import { isRefusal, type Refusal } from '@/lib/errors'
import { createAccess } from '@/lib/services/access'
import type { AccessService, UserView } from '@/lib/services/access-types'
import { type Actor, type PersonRole, systemActor } from '@/lib/services/actor'
import { createPruning } from '@/lib/services/pruning'
import {
  origin,
  type PeopleStore,
  person,
  type RecordedLine,
  recorder,
  type TestClock,
  testClock,
  testMac,
  testPasswords,
} from './people'

export const GOOD = 'gleam turbine walnut echo'
export const OTHER = 'violet kettle marches north'
export const HOME = '192.0.2.1'
export const AWAY = '198.51.100.7'
export const cli = systemActor('cli', 'Command line')

/** Its first three members are new for each test. */
export interface Portal {
  people: PeopleStore
  clock: TestClock
  access: AccessService
  addUser(role: PersonRole, email?: string): Promise<UserView>
  signIn(email: string, password?: string, ip?: string): ReturnType<AccessService['signIn']>
  /** A new user of that role with a session. */
  signedIn(role: PersonRole): Promise<Actor>
  /** What the work added to the trail. */
  since(work: () => Promise<unknown>): Promise<RecordedLine[]>
  runPrune(): Promise<void>
}

export function peoplePortal(makePeople: () => Promise<PeopleStore>): Portal {
  const portal = {
    addUser: (role, email = `${role}@example.org`) =>
      portal.access.createUser(cli, { name: `The ${role}`, email, role, password: GOOD }),
    signIn: (email, password = GOOD, ip = HOME) => portal.access.signIn(origin(ip), email, password),
    async signedIn(role) {
      const { token } = await portal.signIn((await portal.addUser(role)).email)
      return (await portal.access.actorOfSession(origin(), token)) ?? person(null)
    },
    async since(work) {
      const before = (await portal.people.recorded()).length
      await work()
      return (await portal.people.recorded()).slice(before)
    },
    runPrune: () => createPruning({ store: portal.people.store }).prune(portal.clock()),
  } as Portal

  beforeEach(async () => {
    const people = await makePeople()
    const clock = testClock()
    const deps = { store: people.store, signer: testMac, passwords: testPasswords(), audit: recorder(people), clock }
    Object.assign(portal, { people, clock, access: createAccess(deps) })
  })
  return portal
}

export async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  try {
    await work
  } catch (error) {
    if (isRefusal(error)) return error
    throw error
  }
  throw new Error('nothing was refused')
}

export async function expectRefusal(work: Promise<unknown>, code: string): Promise<void> {
  expect((await refusalOf(work)).code).toBe(code)
}
