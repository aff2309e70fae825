/** Makes a profile for one device, with a challenge in it. */
'use server'

import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { DeviceProfileSchema } from './schema'

/** The file goes to the dialog that asked, and is kept nowhere. */
export const makeDeviceProfile = action(
  'challenge:mint',
  DeviceProfileSchema,
  async (actor, { slug, subject, ssid = '', radius = '' }) => {
    const made = await server().mdmProfiles.forOneDevice(actor, slug, { subject }, { ssid, radius })
    return {
      fileName: made.fileName,
      contentType: made.contentType,
      base64: Buffer.from(made.content).toString('base64'),
      subject: made.challenge.subject,
      expiresAt: made.challenge.expiresAt,
    }
  },
)
