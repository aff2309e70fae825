/** What access promises, whichever store is beneath it: run on the one in memory and on Postgres. */
import { describe } from 'vitest'
import { automationContract } from './automation-contract'
import type { PeopleStore } from './people'
import { peoplePortal } from './people-portal'
import { signInContract } from './sign-in-contract'
import { usersContract } from './users-contract'

export function accessContract(name: string, makePeople: () => Promise<PeopleStore>): void {
  describe(`access on ${name}`, () => {
    const portal = peoplePortal(makePeople)
    signInContract(portal)
    usersContract(portal)
    automationContract(portal)
  })
}
