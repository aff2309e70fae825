/** Every second: whose certificates are whose, and then what the rules of the groups answer about their devices. */
import type { DeviceActions } from '@/lib/services/device-actions'
import type { DeviceLinks } from '@/lib/services/device-links'
import type { Job } from '@/lib/services/jobs'

/** Links come first, so that the certificate that a device got a moment ago ends with the others. */
export function actOnDevices(links: DeviceLinks, actions: DeviceActions): Job {
  return {
    name: 'act-on-devices',
    everySeconds: 1,
    run: async (now) => {
      await links.advance(now)
      await actions.advance(now)
    },
  }
}
