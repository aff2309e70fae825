/** Digests to compare with what a device or another tool shows. */
import { Card } from '@/app/_components/card'
import { InlineCopy } from '@/app/_components/copy-value'
import { Digest } from '@/app/_components/digest'
import { Fact, Facts } from '@/app/_components/facts'
import { formatFingerprint } from '@/app/_components/fingerprint'
import type { CertificateDetail } from '@/lib/services/certificates'

export function FingerprintsCard({ certificate }: { certificate: CertificateDetail }) {
  const digests = [
    ['SHA-256', certificate.fingerprintSha256],
    ['SHA-1', certificate.fingerprintSha1],
    ['Public key, SHA-256', certificate.publicKey.spkiSha256],
  ] as const
  return (
    <Card title="Fingerprints">
      <Facts>
        {digests.map(([name, hex]) => (
          <Fact key={name} name={name}>
            <InlineCopy value={formatFingerprint(hex)} shown={<Digest hex={hex} />} what={`${name} fingerprint`} />
          </Fact>
        ))}
      </Facts>
    </Card>
  )
}
