/** Events of Jamf that wait to be looked into. The store is lib/adapters/store/jamf-events.ts. */
import type { NamedDevice } from './jamf-message'

export interface JamfEvent {
  id: string
  connectorId: string
  event: string
  /** `devices`: each is to be looked up. `seen`: it called in. */
  about: 'devices' | 'seen'
  devices: NamedDevice[]
}

export interface NewJamfEvent extends JamfEvent {
  /** Of the body that brought it, which nobody keeps. */
  bodySha256: Uint8Array
}

export interface ClaimedJamfEvent extends JamfEvent {
  receivedAt: Date
  /** With this one. */
  attempts: number
}

export interface JamfEventQueue {
  /** One statement: two that bring the same at once add it once. */
  add(event: NewJamfEvent, bounds: { sameMinutes: number; mostWaiting: number }): Promise<'added' | 'again' | 'full'>
  /**
   * Those that are due, so many of each connector at most, oldest first, for so long; whoever dies with them leaves them to
   * the next.
   */
  claim(limit: number, seconds: number): Promise<ClaimedJamfEvent[]>
  done(id: string): Promise<void>
  /** Due again after so many seconds; null gives it up. */
  failed(id: string, fault: string, retryAfterSeconds: number | null): Promise<void>
  /** Deletes what is done with and old enough not to be recognised again. */
  forget(minutes: number): Promise<number>
}

/** What the rest of Latchkey knows of devices that Jamf's services need. */
export interface JamfDeviceRows {
  /** Its id in the MDM; null for a device that has none. */
  externalId(deviceId: string): Promise<string | null>
  /** Whether its record was deleted, or it was wiped. */
  isGone(deviceId: string): Promise<boolean>
  /**
   * Devices of the connector that were not removed, with a certificate that is good at present, or on hold until they are
   * fine again; by id.
   */
  certified(connectorId: string, after: string | null, limit: number): Promise<CertifiedDevice[]>
  /** The device that the challenge was minted for; null when it was minted for none. */
  ofChallenge(challengeId: string): Promise<ChallengedDevice | null>
  /** When the connector was last heard; null for never. */
  lastHeard(connectorId: string): Promise<Date | null>
}

export interface CertifiedDevice {
  id: string
  externalId: string
  serial: string | null
}

export interface ChallengedDevice {
  connectorId: string
  externalId: string | null
  serial: string | null
  udid: string | null
}
