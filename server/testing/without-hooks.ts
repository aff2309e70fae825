/** For tests of other paths: no MDM is known. */
import { Refusal } from '@/lib/errors'
import type { HookServices } from '@/server/hook-path'

export const withoutHooks: HookServices = {
  hooks: {
    receive: async () => {
      throw new Refusal('unauthenticated', 'There is no such connector.')
    },
  },
}
