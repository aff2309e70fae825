/** The states of the domain as badges. Each table must name every state, so that a new one does not go unseen. */
import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleSlash,
  CircleX,
  Clock,
  Hourglass,
  type LucideIcon,
  OctagonX,
  PauseCircle,
  ShieldX,
  TriangleAlert,
} from 'lucide-react'
import type { ApprovalState } from '@/lib/services/approval-types'
import type { AuditOutcome } from '@/lib/services/audit'
import type { BulkState, ItemOutcome } from '@/lib/services/bulk-revocation-types'
import type { CertificateStatus, StatusCause } from '@/lib/services/certificates'
import type { ChallengeState } from '@/lib/services/challenges'
import type { StaticSecretState } from '@/lib/services/static-secrets'
import type { TransactionView } from '@/lib/services/transactions'
import { Badge, type Tone } from './badge'
import { Tooltip } from './tooltip'

type Look = [text: string, tone: Tone, icon: LucideIcon]

export const CERTIFICATE_STATUS: Record<CertificateStatus, Look> = {
  valid: ['Valid', 'ok', CircleCheck],
  expiring: ['Expiring', 'warn', Hourglass],
  expired: ['Expired', 'neutral', Clock],
  revoked: ['Revoked', 'bad', Ban],
  held: ['On hold', 'warn', PauseCircle],
  issuer_revoked: ['Issuer revoked', 'bad', ShieldX],
  not_yet_valid: ['Not yet valid', 'accent', CircleDashed],
}

export const CHALLENGE_STATE: Record<ChallengeState, Look> = {
  pending: ['Waiting', 'accent', CircleDashed],
  reserved: ['In use', 'warn', CircleDot],
  consumed: ['Used', 'ok', CircleCheck],
  expired: ['Expired', 'neutral', Clock],
  revoked: ['Revoked', 'bad', Ban],
}

export const TRANSACTION_STATE: Record<TransactionView['state'], Look> = {
  received: ['In progress', 'accent', CircleDot],
  issued: ['Issued', 'ok', CircleCheck],
  answered: ['Answered', 'ok', CircleCheck],
  refused: ['Refused', 'bad', CircleSlash],
  failed: ['Failed', 'warn', TriangleAlert],
  pending: ['Waits for approval', 'accent', PauseCircle],
}

export const APPROVAL_STATE: Record<ApprovalState, Look> = {
  open: ['Waiting', 'accent', PauseCircle],
  approved: ['Approved', 'ok', CircleCheck],
  denied: ['Denied', 'bad', CircleSlash],
  expired: ['Expired', 'neutral', Clock],
}

export const STATIC_SECRET_STATE: Record<StaticSecretState, Look> = {
  active: ['Active', 'ok', CircleCheck],
  exhausted: ['Used up', 'neutral', CircleDot],
  expired: ['Expired', 'neutral', Clock],
  revoked: ['Revoked', 'bad', Ban],
}

export const AUDIT_OUTCOME: Record<AuditOutcome, Look> = {
  success: ['Success', 'ok', CircleCheck],
  failure: ['Failure', 'warn', CircleX],
  denied: ['Denied', 'bad', ShieldX],
  error: ['Error', 'bad', OctagonX],
  pending: ['Pending', 'accent', CircleDashed],
}

/** What decided it is said on hover; pages that show one certificate say it in full. */
export function CertificateStatusBadge({ status, cause }: { status: CertificateStatus; cause?: StatusCause }) {
  const badge = show(CERTIFICATE_STATUS[status])
  if (!cause) return badge
  return (
    <Tooltip text={cause.sentence}>
      <span data-above>{badge}</span>
    </Tooltip>
  )
}

export const BULK_STATE: Record<BulkState, Look> = {
  scheduled: ['Scheduled', 'accent', Clock],
  running: ['Running', 'warn', CircleDot],
  finished: ['Finished', 'ok', CircleCheck],
  stopped: ['Stopped', 'bad', CircleSlash],
  cancelled: ['Cancelled', 'neutral', CircleX],
}

export const ITEM_OUTCOME: Record<ItemOutcome, Look> = {
  waiting: ['Not yet', 'neutral', CircleDashed],
  done: ['Done', 'ok', CircleCheck],
  skipped: ['Skipped', 'neutral', CircleSlash],
}

export const BulkStateBadge = ({ state }: { state: BulkState }) => show(BULK_STATE[state])
export const ItemOutcomeBadge = ({ outcome }: { outcome: ItemOutcome }) => show(ITEM_OUTCOME[outcome])
export const ChallengeStateBadge = ({ state }: { state: ChallengeState }) => show(CHALLENGE_STATE[state])
export const TransactionStateBadge = ({ state }: { state: TransactionView['state'] }) => show(TRANSACTION_STATE[state])
export const ApprovalStateBadge = ({ state }: { state: ApprovalState }) => show(APPROVAL_STATE[state])
export const StaticSecretStateBadge = ({ state }: { state: StaticSecretState }) => show(STATIC_SECRET_STATE[state])
export const AuditOutcomeBadge = ({ outcome }: { outcome: AuditOutcome }) => show(AUDIT_OUTCOME[outcome])

export function EnabledBadge({ enabled }: { enabled: boolean }) {
  return show(enabled ? ['On', 'ok', CircleCheck] : ['Off', 'neutral', CircleSlash])
}

function show([text, tone, icon]: Look) {
  return (
    <Badge tone={tone} icon={icon}>
      {text}
    </Badge>
  )
}
