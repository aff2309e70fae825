/**
 * What a RADIUS server hears. FreeRADIUS expands %{…} in every value that does not say otherwise, programs and SQL
 * included, so each attribute says `do_xlat: false`, and no text of the request is ever among them.
 */

/** What the network grants, as RFC 3580 and RFC 2865 name it. */
export interface AccessAttributes {
  vlan: string | null
  filterId: string | null
  class: string | null
  sessionTimeoutSeconds: number | null
}

interface Attribute {
  do_xlat: false
  op: ':='
  value: string | number
}

const attribute = (value: string | number): Attribute => ({ do_xlat: false, op: ':=', value })

/** Where the reason goes: into the control list, from which our configuration logs it. No device gets to see it. */
const REASON_ATTRIBUTE = 'control:Tmp-String-0'

/** Every attribute that an answer may have, for the test that shows each one to a real server. */
export const ANSWER_ATTRIBUTES = [
  'reply:Tunnel-Type',
  'reply:Tunnel-Medium-Type',
  'reply:Tunnel-Private-Group-Id',
  'reply:Filter-Id',
  'reply:Class',
  'reply:Session-Timeout',
  'reply:Termination-Action',
  REASON_ATTRIBUTE,
] as const

type Answer = Partial<Record<(typeof ANSWER_ATTRIBUTES)[number], Attribute>>

export function acceptAnswer({ vlan, filterId, class: name, sessionTimeoutSeconds }: AccessAttributes): Answer {
  return {
    // RFC 3580 §3.31: all three, or the access point ignores them.
    ...(vlan === null
      ? {}
      : {
          'reply:Tunnel-Type': attribute('VLAN'),
          'reply:Tunnel-Medium-Type': attribute('IEEE-802'),
          'reply:Tunnel-Private-Group-Id': attribute(vlan),
        }),
    ...(filterId === null ? {} : { 'reply:Filter-Id': attribute(filterId) }),
    ...(name === null ? {} : { 'reply:Class': attribute(name) }),
    // RFC 3580 §3.17: with RADIUS-Request the device is asked again, and is not cut off.
    ...(sessionTimeoutSeconds === null
      ? {}
      : {
          'reply:Session-Timeout': attribute(sessionTimeoutSeconds),
          'reply:Termination-Action': attribute('RADIUS-Request'),
        }),
  }
}

/** `reason` is a code of ours, such as certificate_revoked. */
export function rejectAnswer(reason: string): Answer {
  return { [REASON_ATTRIBUTE]: attribute(reason) }
}

export interface PlainAnswer {
  decision: 'accept' | 'reject'
  reason: string | null
  attributes: Record<string, string | number>
}

/** The same for a caller that asked in our own shape. */
export function plainAnswer(
  decision: 'accept' | 'reject',
  reason: string | null,
  granted?: AccessAttributes,
): PlainAnswer {
  const attributes = Object.entries(granted ? acceptAnswer(granted) : {}).map(([name, { value }]) => [
    name.replace('reply:', ''),
    value,
  ])
  return { decision, reason, attributes: Object.fromEntries(attributes) }
}
