/** What an MDM says of a device, as badges and in words. */
import {
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CircleSlash,
  Eraser,
  type LucideIcon,
  PauseCircle,
  ShieldAlert,
  Trash2,
  TriangleAlert,
  UsersRound,
  UserX,
} from 'lucide-react'
import type { DeviceState } from '@/lib/services/device-state'
import type { DeviceTrigger, Management } from '@/lib/services/device-types'
import type { DeviceActionView, DeviceStateFilter, EffectiveDeviceStatus } from '@/lib/services/mdm-devices'
import { Badge, type Tone } from './badge'

type Look = [text: string, tone: Tone, icon: LucideIcon]

const MANAGEMENT: Record<Management, Look> = {
  managed: ['Managed', 'ok', CircleCheck],
  unmanaged: ['No longer managed', 'warn', CircleSlash],
  removed: ['Removed', 'bad', Trash2],
  wiped: ['Wiped', 'bad', Eraser],
  unknown: ['Management unknown', 'neutral', CircleHelp],
}

const VERDICTS: Record<EffectiveDeviceStatus['verdict'], Look> = {
  trusted: ['Trusted', 'ok', CircleCheck],
  attention: ['Needs a look', 'warn', TriangleAlert],
  held: ['On hold', 'warn', PauseCircle],
  ended: ['Kept out', 'bad', CircleSlash],
  none: ['No certificate', 'neutral', CircleDashed],
}

/** What a rule may answer: its name, and when it is so. */
export const TRIGGERS: Record<DeviceTrigger, { title: string; when: string }> = {
  removed: { title: 'Removed', when: 'The MDM deleted it, or two readings of its inventory in a row did not see it.' },
  wiped: { title: 'Wiped', when: 'The MDM erased it, as it does with what was lost or stolen.' },
  unmanaged: { title: 'No longer managed', when: 'Its record is there, but the MDM has no hold on it any more.' },
  noncompliant: { title: 'Not compliant', when: 'It breaks the policies of the MDM. That may pass by itself.' },
  user_disabled: { title: 'User disabled', when: 'The account of whoever uses it was disabled.' },
  not_entitled: { title: 'Not entitled', when: 'It left the smart groups that were chosen for its connector.' },
}

export const DEVICE_STATE_NAMES: Record<DeviceStateFilter, string> = {
  managed: 'Managed',
  unmanaged: 'No longer managed',
  removed: 'Removed',
  wiped: 'Wiped',
  noncompliant: 'Not compliant',
  user_disabled: 'User disabled',
  not_entitled: 'Not entitled',
}

const ACTION_STATE: Record<DeviceActionView['state'], Look> = {
  waiting: ['Waiting', 'accent', CircleDashed],
  braked: ['Stopped by the brake', 'warn', PauseCircle],
  done: ['Done', 'ok', CircleCheck],
  cancelled: ['Cancelled', 'neutral', CircleSlash],
}

export const ActionStateBadge = ({ state }: { state: DeviceActionView['state'] }) => show(ACTION_STATE[state])
export const DeviceVerdictBadge = ({ verdict }: Pick<EffectiveDeviceStatus, 'verdict'>) => show(VERDICTS[verdict])

export function DeviceStateBadges({ management, compliance, userDisabled, entitled }: DeviceState) {
  return (
    <span className="flex flex-wrap gap-1">
      {show(MANAGEMENT[management])}
      {compliance === 'compliant' && show(['Compliant', 'ok', CircleCheck])}
      {compliance === 'noncompliant' && show(['Not compliant', 'warn', ShieldAlert])}
      {userDisabled && show(['User disabled', 'bad', UserX])}
      {entitled === false && show(['Not entitled', 'warn', UsersRound])}
    </span>
  )
}

function show([text, tone, icon]: Look) {
  return (
    <Badge tone={tone} icon={icon}>
      {text}
    </Badge>
  )
}
