/** Where it came from: group, endpoint, the challenge that allowed it, and the request. */
import { Card } from '@/app/_components/card'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { nameOfMinter } from '@/app/_components/name-of-minter'
import { TextLink } from '@/app/_components/row-link'
import { shortSerial } from '@/app/_components/short-serial'
import { VisibleText } from '@/app/_components/visible-text'
import { WeakBadge } from '@/app/_components/weak-badge'
import type { CertificateDetail } from '@/lib/services/certificates'
import { keyOfDevice } from '@/lib/services/devices'

interface OriginCardProps {
  certificate: CertificateDetail
  /** By which way the challenge was minted. */
  mintedVia: string
}

export function OriginCard({ certificate, mintedVia }: OriginCardProps) {
  const { group, endpoint, challenge, transaction, issuedAt, renews } = certificate
  return (
    <Card title="Origin">
      <Facts>
        <Fact name="Issued">
          <Instant at={issuedAt} />
        </Fact>
        {group && (
          <Fact name="Group">
            <TextLink href={`/groups/${group.slug}`}>{group.name}</TextLink>
          </Fact>
        )}
        {endpoint && (
          <Fact name="Endpoint">
            <TextLink href={`/endpoints/${endpoint.slug}`}>{endpoint.name}</TextLink>
          </Fact>
        )}
        {challenge && mintedVia === 'renewal' && (
          <Fact name="Allowed by">
            {renews ? (
              <>
                renewal of <TextLink href={`/certificates/${renews.id}`}>{shortSerial(renews.serial)}</TextLink>
              </>
            ) : (
              'renewal of the certificate before'
            )}
          </Fact>
        )}
        {challenge && mintedVia !== 'renewal' && (
          <Fact name="Allowed by">
            <span className="flex flex-wrap items-center gap-x-2">
              <span>
                {allowedBy(challenge.mintedBy, mintedVia)} <Instant at={challenge.createdAt} show="relative" />
              </span>
              {mintedVia === 'static' && <WeakBadge />}
            </span>
          </Fact>
        )}
        {certificate.kind === 'leaf' && certificate.subject && (
          <Fact name="Device">
            <TextLink href={`/devices/${keyOfDevice(certificate.subject)}`}>Everything known of it</TextLink>
          </Fact>
        )}
        {transaction && (
          <>
            <Fact name="Enrolment">
              <TextLink href={`/enrolments/${transaction.id}`}>Step by step</TextLink>
            </Fact>
            <Fact name="Device address">{transaction.sourceIp ?? 'not known'}</Fact>
            {transaction.userAgent && (
              <Fact name="Device software">
                <VisibleText>{transaction.userAgent}</VisibleText>
              </Fact>
            )}
          </>
        )}
      </Facts>
    </Card>
  )
}

function allowedBy(mintedBy: string, mintedVia: string): string {
  switch (mintedVia) {
    case 'ui':
      return `a challenge ${mintedBy} minted`
    case 'static':
      return 'a static secret'
    case 'approval':
      return 'an approval'
    case 'delegated':
      return 'the validator of the endpoint'
    default:
      return `a challenge minted by ${nameOfMinter({ mintedBy, mintedVia })}`
  }
}
