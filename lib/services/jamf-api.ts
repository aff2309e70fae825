/** What is asked of Jamf Pro. lib/adapters/mdm/jamf-client.ts sends it. */
import type { JamfDevice, JamfDeviceKind } from './jamf-device'
import type { MdmConnector } from './mdm-connector-types'

export interface JamfAsking {
  connector: MdmConnector
  /** For the whole call, its token and its repetitions: after this there is an answer or a JamfFault. */
  timeoutMs: number
  /** Waits when Jamf asks for it, and asks again; else the first refusal to answer is the answer. */
  patient?: boolean
  enrolmentTransactionId?: string
}

export interface JamfPage {
  total: number
  devices: JamfDevice[]
}

export interface JamfGroup {
  id: string
  name: string
}

/** Every call throws JamfFault for what is no answer; nothing else says that a device is not there. */
export interface JamfApi {
  /** Asks for a new one: whether the credential is good. */
  token(asking: JamfAsking): Promise<void>
  /** Ordered by id; pages are numbered from 0. */
  page(asking: JamfAsking, kind: JamfDeviceKind, page: number, groups: boolean): Promise<JamfPage>
  /** Devices with these serial numbers, each of which isIdentifier(): those that are not found are not there. */
  bySerial(asking: JamfAsking, kind: JamfDeviceKind, serials: readonly string[], groups: boolean): Promise<JamfDevice[]>
  /** The device with this serial number or UDID, of whichever kind. Null when Jamf knows none. */
  find(asking: JamfAsking, ids: { serial: string | null; udid: string | null }): Promise<JamfDevice | null>
  /** By its number. Null when Jamf itself says that there is none: never for a page of a proxy. */
  record(asking: JamfAsking, kind: JamfDeviceKind, jamfId: string, groups: boolean): Promise<JamfDevice | null>
  groups(asking: JamfAsking, kind: JamfDeviceKind): Promise<JamfGroup[]>
}

export const JAMF_PAGE_SIZE = 200
/** Serial numbers in one filter: the address stays below what proxies take. */
export const JAMF_SERIALS_AT_ONCE = 50

export type JamfFaultKind =
  /** The credential is missing, wrong, disabled or expired. */
  | 'credential'
  /** The token is good, and its role lacks what `advice` names. */
  | 'privilege'
  /** 429, 503. */
  | 'busy'
  /** No connection, no answer in time. */
  | 'unreachable'
  /** An answer that is none: a page, another status, another form. */
  | 'answer'

/** Why there is no answer, for administrators; the message says no secret. */
export class JamfFault extends Error {
  readonly kind: JamfFaultKind
  /** Of Jamf's own error, an OutboundFault, or an HTTP status. */
  readonly code: string
  readonly sentence: string
  readonly advice: string

  constructor(kind: JamfFaultKind, code: string, sentence: string, advice: string) {
    super(`${code}: ${sentence}`)
    this.name = 'JamfFault'
    this.kind = kind
    this.code = code
    this.sentence = sentence
    this.advice = advice
  }
}

/** The privileges of an API role, by their names in Jamf Pro. */
export const JAMF_PRIVILEGES = {
  computer: { inventory: 'Read Computers', groups: 'Read Smart Computer Groups' },
  mobile: { inventory: 'Read Mobile Devices', groups: 'Read Smart Mobile Device Groups' },
} as const satisfies Record<JamfDeviceKind, { inventory: string; groups: string }>
