/** The certificate with which a connector shows who it is: made here, uploaded there. */
import { Download } from 'lucide-react'
import { buttonClass } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import type { OwnCertificates, OwnCertificateView } from '@/lib/services/intune-certificates'
import { makeCertificate, takeCertificate } from './certificate-actions'

interface CertificateCardProps {
  slug: string
  name: string
  certificates: OwnCertificates
  mayManage: boolean
}

const UPLOAD = 'In Entra, upload it to the app registration, under Certificates & secrets, Certificates.'

export function CertificateCard({ slug, name, certificates: { current, next }, mayManage }: CertificateCardProps) {
  return (
    <Card
      title="Certificate for Entra"
      description="Its key is made and kept by the signer of Latchkey: there is nothing to copy and nothing to leak."
    >
      <div className="grid gap-4">
        {current === null ? (
          <p className="text-muted">None yet. Make one, download it, and upload it to Entra.</p>
        ) : (
          <OneCertificate slug={slug} which="current" certificate={current} />
        )}
        {next !== null && (
          <div className="grid gap-2">
            <h3 className="font-medium">The next one, not used yet</h3>
            <OneCertificate slug={slug} which="next" certificate={next} />
          </div>
        )}
        {mayManage && (
          <div className="flex flex-wrap gap-2">
            {next !== null && (
              <ConfirmAction
                action={takeCertificate}
                values={{ slug }}
                variant="secondary"
                harmless
                label="Use the next one"
                title={`Use the next certificate of ${name}?`}
                confirm="Use it"
                done="The new certificate is used"
              >
                <p>Entra must have it already, or no token is given from now on. Then remove the old one there.</p>
              </ConfirmAction>
            )}
            <ConfirmAction
              action={makeCertificate}
              values={{ slug }}
              variant="secondary"
              harmless
              label={current === null ? 'Make a certificate' : 'Make the next one'}
              title={`Make a certificate for ${name}?`}
              confirm="Make it"
              done="The certificate is made"
            >
              <p>
                {current === null
                  ? 'It is used from now on, and lives for two years.'
                  : 'The present one goes on being used until you say that Entra has the new one.'}
              </p>
            </ConfirmAction>
          </div>
        )}
      </div>
    </Card>
  )
}

function OneCertificate({
  slug,
  which,
  certificate: { notAfter, thumbprint },
}: {
  slug: string
  which: 'current' | 'next'
  certificate: OwnCertificateView
}) {
  return (
    <div className="grid gap-2">
      <Facts>
        <Fact name="Ends">
          <Instant at={notAfter} show="day" />
        </Fact>
        <Fact name="Thumbprint">
          <code className="font-mono text-sm wrap-anywhere">{thumbprint}</code>
        </Fact>
      </Facts>
      <p className="text-sm text-muted">{UPLOAD}</p>
      <div>
        <a
          href={`/connectors/${slug}/certificate?which=${which}`}
          download
          className={buttonClass('secondary', 'small')}
        >
          <Download aria-hidden />
          Download
        </a>
      </div>
    </div>
  )
}
