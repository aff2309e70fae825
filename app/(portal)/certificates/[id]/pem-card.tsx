/** The certificate itself, to copy, and the chain to download. */
import { buttonClass } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { CopyButton } from '@/app/_components/copy-button'
import { Disclosure } from '@/app/_components/disclosure'
import { Preformatted } from '@/app/_components/preformatted'
import type { CertificateDetail } from '@/lib/services/certificates'

export function PemCard({ certificate }: { certificate: CertificateDetail }) {
  return (
    <Card
      title="PEM"
      action={
        <div className="flex gap-2">
          <a
            href={`/certificates/${certificate.id}/download?format=chain`}
            download
            className={buttonClass('secondary', 'small')}
          >
            Download chain
          </a>
          <CopyButton value={certificate.pem} what="PEM" wide />
        </div>
      }
    >
      <Disclosure summary="Show">
        <Preformatted small>{certificate.pem.trim()}</Preformatted>
      </Disclosure>
    </Card>
  )
}
