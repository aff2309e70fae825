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
  issuer_revoked: 'bad',
  not_yet_valid: 'neutral',
}

/** What issuance dates back by, unless the issuer is younger; signing adds a few seconds. */
const BACKDATED_MINUTES = 60
const MINUTE = 60_000

export function ValidityCard({ certificate }: { certificate: CertificateDetail }) {
  const { notBefore, notAfter, issuedAt, revokedAt, status } = certificate
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
        {Math.round((issuedAt.getTime() - notBefore.getTime()) / MINUTE) === BACKDATED_MINUTES && (
          <p className="text-sm text-muted">Dated back an hour for devices whose clock is slow.</p>
        )}
      </div>
    </Card>
  )
}
