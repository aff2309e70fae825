/** For tests of other paths: no key of a RADIUS server holds. */
import { Refusal } from '@/lib/errors'
import type { RadiusServices } from '@/server/radius-path'

const refuse = async (): Promise<never> => {
  throw new Refusal('unauthenticated', 'There is no such key.')
}

export const withoutRadius: RadiusServices = {
  radiusCallers: { actorOf: refuse },
  radiusAuthorisation: { decide: refuse },
  access: { recordDenied: async () => {} },
}
