/** Whether an MDM vouches for the device that is about to get a certificate: asked after its authorisation, before signing. */
import type { Presentation } from './challenge-presentation'

export interface DeviceCheck {
  /**
   * Throws EnrolmentRefusal unless one of these connectors says now that it manages the device: also when none of them
   * says anything. Nothing of ours is held open meanwhile but the reservation of the challenge.
   */
  check(connectorIds: readonly string[], presentation: Presentation, challengeId: string): Promise<void>
}
