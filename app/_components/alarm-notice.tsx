/** Somebody came second with a used challenge: who was first may not be who it was for. Says so, and what to do. */
import { Siren } from 'lucide-react'
import type { ReactNode } from 'react'
import { dismissAlarm } from '@/app/(portal)/challenges/actions'
import type { AlarmView } from '@/lib/services/challenge-alarms'
import { ConfirmAction } from './confirm-action'
import { Instant } from './instant'
import { TextLink } from './row-link'
import { VisibleText } from './visible-text'

interface AlarmNoticeProps {
  alarm: AlarmView
  /** Of the same challenge, this one included. */
  count: number
  mayDismiss: boolean
  /** Revokes the certificate, where that may be done from here. */
  revoke?: ReactNode
}

export function AlarmNotice({ alarm, count, mayDismiss, revoke }: AlarmNoticeProps) {
  const { challengeId, subject, secondSubject, sourceIp, createdAt, certificate } = alarm
  return (
    <section className="flex items-start gap-3 rounded-lg border border-bad-line bg-bad-soft px-4 py-3" role="alert">
      <Siren className="mt-0.5 size-4.5 shrink-0 text-bad" aria-hidden />
      <div className="grid min-w-0 flex-1 gap-2">
        <p className="font-medium text-bad">
          {count === 1 ? 'A second key' : `${count} more keys`} presented the used challenge for{' '}
          <VisibleText>{subject || 'a device'}</VisibleText>
        </p>
        <p className="text-sm">
          Seen <Instant at={createdAt} show="relative" /> as{' '}
          <VisibleText>{secondSubject || 'a device without a name'}</VisibleText>
          {sourceIp && ` from ${sourceIp}`}. If that was the rightful device, somebody else has its certificate: revoke
          it, and re-issue the challenge. If it was a device set up twice, dismiss this.
        </p>
        <div className="flex flex-wrap items-center gap-2">
          {revoke}
          {mayDismiss && (
            <ConfirmAction
              action={dismissAlarm}
              values={{ id: challengeId }}
              variant="secondary"
              label="Dismiss"
              title="Dismiss this alarm?"
              confirm="Dismiss alarm"
              done="Alarm dismissed"
              harmless
            >
              <p>The certificate stays valid. The audit trail keeps what happened, and that you dismissed it.</p>
            </ConfirmAction>
          )}
          <span className="text-sm">
            <TextLink href={`/challenges/${challengeId}`}>Challenge</TextLink>
            {certificate && (
              <>
                {' · '}
                <TextLink href={`/certificates/${certificate.id}`}>Certificate</TextLink>
              </>
            )}
          </span>
        </div>
      </div>
    </section>
  )
}
