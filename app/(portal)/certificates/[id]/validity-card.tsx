/** From when until when, and how much of it is over. */
import { Card } from '@/app/_components/card'
import { Instant } from '@/app/_components/instant'
import { ValidityBar } from '@/app/_components/validity-bar'
import type { CertificateDetail, CertificateStatus } from '@/lib/services/certificates'

const TONES: Record<CertificateStatus, 'ok' | 'warn' | 'bad' | 'neutral'> = {
  valid: 'ok',
  expiring: 'warn',
  expired: 'neutral',
  revoked: 'bad',
  held: 'warn',
  not_yet_valid: 'neutral',
}

export function ValidityCard({ certificate }: { certificate: CertificateDetail }) {
  const { notBefore, notAfter, revokedAt, status } = certificate
  const now = new Date()
  const over = notAfter <= now
  return (
    <Card title="Validity">
      <div className="grid gap-3">
        <p>
          {revokedAt && revokedAt < notAfter ? 'Ended by revocation ' : over ? 'Ended ' : 'Ends '}
          <Instant
            at={revokedAt && revokedAt < notAfter ? revokedAt : notAfter}
            show="relative"
            className="font-medium"
          />
        </p>
        <ValidityBar from={notBefore} to={notAfter} now={now} tone={TONES[status]} />
        <dl className="flex justify-between gap-4 text-sm">
          <div>
            <dt className="text-muted">From</dt>
            <dd>
              <Instant at={notBefore} />
            </dd>
          </div>
          <div className="text-right">
            <dt className="text-muted">Until</dt>
            <dd>
              <Instant at={notAfter} />
            </dd>
          </div>
        </dl>
      </div>
    </Card>
  )
}
