/** What a device or its MDM profile is given: the URL, and the fingerprints to compare. */
import { Card } from '@/app/_components/card'
import { CopyValue } from '@/app/_components/copy-value'
import { Digest } from '@/app/_components/digest'
import { formatFingerprint } from '@/app/_components/fingerprint'
import type { AuthorityView, EndpointView } from '@/lib/services/groups'

export function TrustCard({ endpoint, issuer }: { endpoint: EndpointView; issuer: AuthorityView }) {
  const values = [
    ['SCEP URL', endpoint.scepUrl, endpoint.scepUrl],
    [
      'CA fingerprint, SHA-256',
      formatFingerprint(issuer.fingerprintSha256),
      <Digest key="sha256" hex={issuer.fingerprintSha256} />,
    ],
    [
      'CA fingerprint, SHA-1',
      formatFingerprint(issuer.fingerprintSha1),
      <Digest key="sha1" hex={issuer.fingerprintSha1} />,
    ],
  ] as const
  return (
    <Card title="For the device profile">
      <dl className="grid gap-4">
        {values.map(([name, value, shown]) => (
          <div key={name} className="grid gap-1.5">
            <dt className="text-sm font-medium">{name}</dt>
            <dd>
              <CopyValue value={value} what={name} shown={shown} />
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}
