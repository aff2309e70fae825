/** A certificate that another has taken over from, while it still counts. */
import { Instant } from '@/app/_components/instant'
import { Notice } from '@/app/_components/notice'
import { TextLink } from '@/app/_components/row-link'
import { shortSerial } from '@/app/_components/short-serial'
import type { CertificateDetail } from '@/lib/services/certificates'

export function RenewalNotice({ certificate }: { certificate: CertificateDetail }) {
  const { renewedBy, supersedeAt, status } = certificate
  if (renewedBy === null || status === 'revoked' || status === 'expired') return null
  return (
    <Notice title="This certificate was renewed">
      <p>
        <TextLink href={`/certificates/${renewedBy.id}`}>{shortSerial(renewedBy.serial)}</TextLink> took over on{' '}
        <Instant at={renewedBy.issuedAt} show="day" />.{' '}
        {supersedeAt === null ? (
          'It stays valid until it ends.'
        ) : (
          <>
            It is revoked as superseded on <Instant at={supersedeAt} />.
          </>
        )}
      </p>
    </Notice>
  )
}
