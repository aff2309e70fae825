/** Who the certificate names, and with which key. */
import { Card } from '@/app/_components/card'
import { InlineCopy } from '@/app/_components/copy-value'
import { Fact, Facts } from '@/app/_components/facts'
import { TextLink } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import type { CertificateDetail } from '@/lib/services/certificates'

export function IdentityCard({ certificate }: { certificate: CertificateDetail }) {
  const { subject, san, serial, publicKey, signatureAlgorithm, issuer } = certificate
  return (
    <Card title="Certificate">
      <Facts>
        <Fact name="Subject">{subject ? <VisibleText>{subject}</VisibleText> : 'empty'}</Fact>
        <Fact name="Alternative names">
          {san.length === 0 ? (
            '–'
          ) : (
            <ul className="grid gap-1">
              {san.map(({ type, value }) => (
                <li key={`${type}:${value}`} className="flex items-baseline gap-2">
                  <span className="w-11 shrink-0 text-xs font-medium text-muted uppercase">{type}</span>
                  <span className="min-w-0">
                    <VisibleText>{value}</VisibleText>
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Fact>
        <Fact name="Serial">
          <InlineCopy value={serial} what="serial" />
        </Fact>
        <Fact name="Issuer">
          <TextLink href={`/authorities/${issuer.slug}`}>{issuer.name}</TextLink>
        </Fact>
        <Fact name="Key">
          {publicKey.algorithm} {publicKey.size}
        </Fact>
        <Fact name="Signature">{signatureAlgorithm}</Fact>
      </Facts>
    </Card>
  )
}
