/** What the request says, and where it came from. */
import { Card } from '@/app/_components/card'
import { InlineCopy } from '@/app/_components/copy-value'
import { Digest } from '@/app/_components/digest'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { TextLink } from '@/app/_components/row-link'
import { shortSerial } from '@/app/_components/short-serial'
import { VisibleText } from '@/app/_components/visible-text'
import type { ApprovalDetail } from '@/lib/services/approval-types'

export function RequestCard({ request }: { request: ApprovalDetail }) {
  const { subject, san, key, spkiSha256, requested, renews } = request
  const usages = [...requested.keyUsage, ...requested.extendedKeyUsage]
  return (
    <Card title="What it asks for" description="These names and this key go into the certificate.">
      <Facts>
        <Fact name="Subject">{subject ? <VisibleText>{subject}</VisibleText> : 'none'}</Fact>
        {san.length > 0 && (
          <Fact name="Alternative names">
            <ul>
              {san.map(({ type, value }) => (
                <li key={`${type}:${value}`}>
                  <span className="text-muted">{type}</span> <VisibleText>{value}</VisibleText>
                </li>
              ))}
            </ul>
          </Fact>
        )}
        {renews !== null && (
          <Fact name="Renews">
            <TextLink href={`/certificates/${renews.id}`}>certificate {shortSerial(renews.serial)}</TextLink>. The
            device has proven that it holds the key in it. The new one takes over its names and limits.
          </Fact>
        )}
        <Fact name="Key">{key}</Fact>
        <Fact name="Key SHA-256">
          <InlineCopy value={spkiSha256} what="SHA-256 of the key" shown={<Digest hex={spkiSha256} />} />
        </Fact>
        <Fact name="Signed with">{requested.signatureAlgorithm}. The device has proven that it holds the key.</Fact>
        {usages.length > 0 && <Fact name="Usages asked for">{usages.join(', ')}</Fact>}
        {requested.extensions.length > 0 && <Fact name="Extensions">{requested.extensions.join(', ')}</Fact>}
      </Facts>
    </Card>
  )
}

export function OriginCard({ request }: { request: ApprovalDetail }) {
  const { group, endpoint, sourceIp, userAgent, transactionId, createdAt, expiresAt, state } = request
  return (
    <Card title="Where it came from">
      <Facts>
        <Fact name="Asked">
          <Instant at={createdAt} />
        </Fact>
        {state === 'open' && (
          <Fact name="Waits until">
            <Instant at={expiresAt} />
          </Fact>
        )}
        <Fact name="Address">{sourceIp ?? 'not known'}</Fact>
        <Fact name="Client">{userAgent ? <VisibleText>{userAgent}</VisibleText> : 'does not say'}</Fact>
        <Fact name="Endpoint">
          <TextLink href={`/endpoints/${endpoint.slug}`}>
            {group.name} {endpoint.name}
          </TextLink>
        </Fact>
        <Fact name="Transaction">
          <InlineCopy value={transactionId} what="transaction id" />
        </Fact>
      </Facts>
    </Card>
  )
}
