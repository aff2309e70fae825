/** Every hour: registration authorities with less than thirty days left get a successor. */
import { systemActor } from '@/lib/services/actor'
import type { Job } from '@/lib/services/jobs'
import type { RegistrationAuthorities } from '@/lib/services/registration-authorities'

export function renewRegistrationAuthorities(registrationAuthorities: RegistrationAuthorities): Job {
  return {
    name: 'renew-registration-authorities',
    everySeconds: 3_600,
    run: async () => {
      await registrationAuthorities.renewEnding(systemActor('job', 'RA renewal'))
    },
  }
}
