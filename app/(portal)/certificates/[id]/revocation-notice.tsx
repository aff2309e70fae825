/** Why and by whom a certificate came to be worth nothing, above everything else on its page. */
import { Ban, PauseCircle, ShieldX } from 'lucide-react'
import { cx } from '@/app/_components/cx'
import { Instant } from '@/app/_components/instant'
import { Notice } from '@/app/_components/notice'
import { ACTIONS, REASONS } from '@/app/_components/revocation-reasons'
import { TextLink } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import type { CertificateDetail } from '@/lib/services/certificates'

export function RevocationNotice({ certificate }: { certificate: CertificateDetail }) {
  const { status, statusCause, revocationComment, invalidityDate, issuer } = certificate
  if (statusCause.decidedBy === 'validity') return null
  const held = status === 'held'
  const Icon = held ? PauseCircle : status === 'issuer_revoked' ? ShieldX : Ban
  return (
    <div
      className={cx(
        'flex items-start gap-3 rounded-lg border px-4 py-3',
        held ? 'border-warn-line bg-warn-soft' : 'border-bad-line bg-bad-soft',
      )}
    >
      <Icon className={cx('mt-0.5 size-4.5 shrink-0', held ? 'text-warn' : 'text-bad')} aria-hidden />
      <div className="grid gap-0.5">
        <p className={cx('font-medium', held ? 'text-warn' : 'text-bad')}>
          {held ? 'On hold since' : status === 'issuer_revoked' ? `${issuer.name} revoked` : 'Revoked'}{' '}
          <Instant at={statusCause.at} />
          {statusCause.by && ` by ${statusCause.by}`}
        </p>
        <p className="text-sm">
          {held ? 'It can be released, or revoked for good.' : REASONS[statusCause.reason ?? 'unspecified'].title}
          {status === 'issuer_revoked' && '. Whatever this issuer signed counts for nothing.'}
          {revocationComment && (
            <>
              {' – '}
              <VisibleText>{revocationComment}</VisibleText>
            </>
          )}
        </p>
        {invalidityDate && (
          <p className="text-sm">
            Compromised since <Instant at={invalidityDate} />
          </p>
        )}
      </div>
    </div>
  )
}

export function ScheduledNotice({ scheduled }: { scheduled: CertificateDetail['scheduled'] }) {
  if (scheduled === null) return null
  return (
    <Notice tone="warn" title={`Will be ${ACTIONS[scheduled.action].done}`}>
      On <Instant at={scheduled.startsAt} />.{' '}
      <TextLink href={`/revocations/${scheduled.bulkId}`}>Look at it or cancel it</TextLink>
    </Notice>
  )
}
