/** Why and by whom a certificate was revoked, above everything else on its page. */
import { Ban } from 'lucide-react'
import { Instant } from '@/app/_components/instant'
import { REASONS } from '@/app/_components/revocation-reasons'
import { VisibleText } from '@/app/_components/visible-text'
import type { CertificateDetail } from '@/lib/services/certificates'

export function RevocationNotice({ certificate }: { certificate: CertificateDetail }) {
  const { revokedAt, revocationReason, revokedBy, revocationComment } = certificate
  if (!revokedAt) return null
  const reason = REASONS[revocationReason ?? 'unspecified']
  return (
    <div className="flex items-start gap-3 rounded-lg border border-bad-line bg-bad-soft px-4 py-3">
      <Ban className="mt-0.5 size-4.5 shrink-0 text-bad" aria-hidden />
      <div className="grid gap-0.5">
        <p className="font-medium text-bad">
          Revoked <Instant at={revokedAt} />
          {revokedBy && ` by ${revokedBy}`}
        </p>
        <p className="text-sm">
          {reason.title}
          {revocationComment && (
            <>
              {' – '}
              <VisibleText>{revocationComment}</VisibleText>
            </>
          )}
        </p>
      </div>
    </div>
  )
}
