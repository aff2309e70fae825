/** The certificate itself, to copy, and the chain to download. */
import { buttonClass } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { CopyButton } from '@/app/_components/copy-button'
import { Disclosure } from '@/app/_components/disclosure'
import type { CertificateDetail } from '@/lib/services/certificates'

export function PemCard({ certificate }: { certificate: CertificateDetail }) {
  return (
    <Card
      title="PEM"
      action={
        <div className="flex gap-2">
          <a href={`/certificates/${certificate.id}/download?format=chain`} download className={buttonClass('secondary', 'small')}>
            Download chain
          </a>
          <CopyButton value={certificate.pem} what="PEM" wide />
        </div>
      }
    >
      <Disclosure summary="Show">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
        <pre tabIndex={0} className="overflow-x-auto rounded-md border border-line bg-sunken px-3 py-2.5 font-mono text-xs leading-5">
          {certificate.pem.trim()}
        </pre>
      </Disclosure>
    </Card>
  )
}
