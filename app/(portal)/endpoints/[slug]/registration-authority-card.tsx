/** The certificate that answers SCEP, with the fingerprints a device may be told to expect. */
import { Card } from '@/app/_components/card'
import { InlineCopy } from '@/app/_components/copy-value'
import { Digest } from '@/app/_components/digest'
import { Fact, Facts } from '@/app/_components/facts'
import { formatFingerprint } from '@/app/_components/fingerprint'
import { Instant } from '@/app/_components/instant'
import type { EndpointView } from '@/lib/services/groups'

export function RegistrationAuthorityCard({ authority }: { authority: EndpointView['registrationAuthority'] }) {
  return (
    <Card
      id="registration-authority"
      title="Registration authority"
      description="Opens requests and signs replies. The issuer's own key never decrypts."
    >
      {authority ? (
        <Facts>
          <Fact name="Subject">{authority.subject}</Fact>
          <Fact name="Valid until">
            <Instant at={authority.notAfter} show="day" />
          </Fact>
          <Fact name="SHA-256">
            <InlineCopy
              value={formatFingerprint(authority.fingerprintSha256)}
              shown={<Digest hex={authority.fingerprintSha256} />}
              what="SHA-256 fingerprint of the RA"
            />
          </Fact>
          <Fact name="SHA-1">
            <InlineCopy
              value={formatFingerprint(authority.fingerprintSha1)}
              shown={<Digest hex={authority.fingerprintSha1} />}
              what="SHA-1 fingerprint of the RA"
            />
          </Fact>
        </Facts>
      ) : (
        <p className="text-muted">It is being made. Devices cannot enrol until it is there.</p>
      )}
    </Card>
  )
}
