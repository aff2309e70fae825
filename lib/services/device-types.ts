/** What connectors say about devices, and how it is taken in. device-reports.ts decides what becomes of it. */
import type { Actor } from './actor'

export type Management = 'managed' | 'unmanaged' | 'removed' | 'wiped' | 'unknown'
export type Compliance = 'compliant' | 'noncompliant' | 'unknown'

/** Absent members say nothing and change nothing; null says that there is none. */
export interface DeviceReport {
  /** Its id in the MDM. */
  externalId: string
  serial?: string | null
  udid?: string | null
  name?: string | null
  platform?: string | null
  model?: string | null
  osVersion?: string | null
  userId?: string | null
  userName?: string | null
  userEmail?: string | null
  management?: Management
  compliance?: Compliance
  userDisabled?: boolean
  /** Whether it is in one of the smart groups that entitle it. */
  entitled?: boolean | null
  lastSeenAt?: Date | null
  /**
   * When the MDM found it so, where it says. Unless told, a reading of the inventory is as old as its beginning, anything
   * else is of now. What is older than the state already known leaves that state alone.
   */
  observedAt?: Date | null
}

/** What can happen to a device that a rule answers. */
export type DeviceTrigger = 'removed' | 'wiped' | 'unmanaged' | 'noncompliant' | 'user_disabled' | 'not_entitled'

export interface DeviceReports {
  /**
   * Takes in what an MDM says, any number of devices at once; what follows from it by the rules of their groups is put in
   * the queue in the same transaction. Returns the ids of the devices, in order.
   */
  report(
    actor: Actor,
    connectorId: string,
    reports: readonly DeviceReport[],
    source: 'sync' | 'event' | 'challenge',
  ): Promise<string[]>
  /** A full reading of the inventory: report() its pages with the id that this returns. */
  beginSync(connectorId: string): Promise<string>
  reportPage(syncId: string, actor: Actor, connectorId: string, reports: readonly DeviceReport[]): Promise<void>
  /**
   * What a full reading did not see twice in a row is removed. A reading that saw a fifth fewer than there were
   * (`complete` false) removes nothing.
   */
  endSync(
    syncId: string,
    actor: Actor,
    connectorId: string,
  ): Promise<{ seen: number; missing: number; complete: boolean }>
  /** The device of a connector by any of its ids. */
  find(connectorId: string, ids: { externalId?: string; serial?: string; udid?: string }): Promise<string | null>
  /** By which id or ids its users are disabled or enabled again; returns how many devices are concerned. */
  reportUser(
    actor: Actor,
    connectorId: string,
    user: { id?: string; name?: string; email?: string },
    disabled: boolean,
  ): Promise<number>
  /** Notes that this certificate was issued to the device: for connectors that hear of it by themselves. */
  link(certificateId: string, deviceId: string): Promise<void>
}
