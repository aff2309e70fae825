/** The cause in plain words and the next step to take, before anything else. */
import { CircleCheck, CircleSlash, Hourglass, type LucideIcon, TriangleAlert } from 'lucide-react'
import { cx } from '@/app/_components/cx'
import { Instant } from '@/app/_components/instant'
import { TextLink } from '@/app/_components/row-link'
import { shortSerial } from '@/app/_components/short-serial'
import { VisibleText } from '@/app/_components/visible-text'
import type { CertificateSummary } from '@/lib/services/certificates'
import type { TransactionDetail } from '@/lib/services/transactions'

const LOOKS: Record<TransactionDetail['state'], [icon: LucideIcon, className: string, iconClass: string]> = {
  issued: [CircleCheck, 'border-ok-line bg-ok-soft', 'text-ok'],
  answered: [CircleCheck, 'border-ok-line bg-ok-soft', 'text-ok'],
  refused: [CircleSlash, 'border-bad-line bg-bad-soft', 'text-bad'],
  failed: [TriangleAlert, 'border-warn-line bg-warn-soft', 'text-warn'],
  received: [Hourglass, 'border-accent-line bg-accent-soft', 'text-accent'],
  pending: [Hourglass, 'border-accent-line bg-accent-soft', 'text-accent'],
}

interface CauseCardProps {
  enrolment: TransactionDetail
  /** What was issued since under its name; whether to the same device, its page says. */
  later: CertificateSummary | null
}

export function CauseCard({ enrolment, later }: CauseCardProps) {
  const { state, cause, nextStep, detail, reason, certificate } = enrolment
  const [Icon, className, iconClass] = LOOKS[state]
  return (
    <section
      aria-label="Why it ended so"
      className={cx('flex items-start gap-3 rounded-xl border px-4 py-4 sm:px-5', className)}
    >
      <Icon className={cx('mt-0.5 size-5 shrink-0', iconClass)} aria-hidden />
      <div className="grid min-w-0 gap-1.5">
        <h2 className="text-lg font-semibold">{cause ?? 'The device has its certificate.'}</h2>
        {nextStep && <p>{nextStep}</p>}
        {later && (
          <p className="font-medium">
            <Later {...later} />
          </p>
        )}
        {certificate && (
          <p>
            <TextLink href={`/certificates/${certificate.id}`}>Certificate {shortSerial(certificate.serial)}</TextLink>
          </p>
        )}
        {detail && (
          <p className="text-sm wrap-anywhere text-muted">
            <VisibleText>{detail}</VisibleText>
          </p>
        )}
        {reason && <p className="font-mono text-xs text-muted">{reason}</p>}
      </div>
    </section>
  )
}

function Later({ id, commonName, subject, serial, issuedAt }: CertificateSummary) {
  return (
    <>
      <TextLink href={`/certificates/${id}`}>Certificate {shortSerial(serial)}</TextLink> was issued to{' '}
      <VisibleText>{commonName ?? subject}</VisibleText> since, <Instant at={issuedAt} />. If that was this device,
      nothing is left to do.
    </>
  )
}
