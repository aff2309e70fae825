/** Every few seconds: the certificate that signs configuration profiles is made, and renewed at half its life. */
import { systemActor } from '@/lib/services/actor'
import type { Job } from '@/lib/services/jobs'
import type { ProfileSigners } from '@/lib/services/profile-signers'

export function renewProfileSigner(signers: ProfileSigners): Job {
  return {
    name: 'renew-profile-signer',
    everySeconds: 5,
    run: async () => {
      await signers.renewEnding(systemActor('job', 'profile signer'))
    },
  }
}
