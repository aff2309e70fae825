/** For tests of other paths: no key of a RADIUS server holds, and no account of a challenge page. */
import { Refusal } from '@/lib/errors'
import type { ChallengePageServices } from '@/server/challenge-page-path'
import type { RadiusServices } from '@/server/radius-path'

const refuse = async (): Promise<never> => {
  throw new Refusal('unauthenticated', 'There is no such key.')
}

export const withoutRadius: RadiusServices & ChallengePageServices = {
  challengePage: { ask: async () => ({ outcome: 'unauthorised', realm: 'portal.example.com' }) },
  radiusCallers: { actorOf: refuse },
  radiusAuthorisation: { decide: refuse },
  access: { recordDenied: async () => {} },
}
