/** Alarms that nobody has looked into yet, above everything else; one for each challenge. */
import { AlarmNotice } from '@/app/_components/alarm-notice'
import { Disclosure } from '@/app/_components/disclosure'
import { RevokeDialog } from '@/app/(portal)/certificates/[id]/revoke-dialog'
import type { Actor } from '@/lib/services/actor'
import type { AlarmView } from '@/lib/services/challenge-alarms'
import { canInGroups } from '@/lib/services/permissions'

/** Enough to act on; with more of them in full nobody would see anything else of the overview. */
const IN_FULL = 3

export function Alarms({ actor, alarms }: { actor: Actor; alarms: AlarmView[] }) {
  const latest = alarms.filter(
    ({ challengeId }, at) => alarms.findIndex((each) => each.challengeId === challengeId) === at,
  )
  if (latest.length === 0) return null
  const notices = latest.map((alarm) => (
    <AlarmNotice
      key={alarm.challengeId}
      alarm={alarm}
      count={alarms.filter(({ challengeId }) => challengeId === alarm.challengeId).length}
      mayDismiss={canInGroups(actor, 'challenge:revoke')}
      revoke={
        alarm.certificate &&
        alarm.certificate.revokedAt === null &&
        canInGroups(actor, 'certificate:revoke') && (
          <RevokeDialog id={alarm.certificate.id} name={alarm.subject} held={false} />
        )
      }
    />
  ))
  const others = notices.slice(IN_FULL)
  return (
    <div className="grid gap-3">
      {notices.slice(0, IN_FULL)}
      {others.length > 0 && (
        <Disclosure summary={others.length === 1 ? 'One older alarm' : `${others.length} older alarms`}>
          <div className="grid gap-3">{others}</div>
        </Disclosure>
      )}
    </div>
  )
}
