/** Alarms that nobody has looked into yet, above everything else; one for each challenge. */
import { AlarmNotice } from '@/app/_components/alarm-notice'
import { RevokeDialog } from '@/app/(portal)/certificates/[id]/revoke-dialog'
import type { Actor } from '@/lib/services/actor'
import type { AlarmView } from '@/lib/services/challenge-alarms'
import { can } from '@/lib/services/permissions'

export function Alarms({ actor, alarms }: { actor: Actor; alarms: AlarmView[] }) {
  const latest = alarms.filter(
    ({ challengeId }, at) => alarms.findIndex((each) => each.challengeId === challengeId) === at,
  )
  if (latest.length === 0) return null
  return (
    <div className="grid gap-3">
      {latest.map((alarm) => (
        <AlarmNotice
          key={alarm.challengeId}
          alarm={alarm}
          count={alarms.filter(({ challengeId }) => challengeId === alarm.challengeId).length}
          mayDismiss={can(actor, 'challenge:revoke')}
          revoke={
            alarm.certificate &&
            alarm.certificate.revokedAt === null &&
            can(actor, 'certificate:revoke') && (
              <RevokeDialog id={alarm.certificate.id} name={alarm.subject} held={false} />
            )
          }
        />
      ))}
    </div>
  )
}
