/** The group's issuer in brief, with the state of what it tells relying parties. */
import { Card } from '@/app/_components/card'
import { CrlState } from '@/app/_components/crl-state'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { KEY_NAMES } from '@/app/_components/name-of-key'
import { ResponderState } from '@/app/_components/responder-state'
import { TextLink } from '@/app/_components/row-link'
import type { AuthorityView } from '@/lib/services/groups'

export function IssuerCard({ issuer }: { issuer: AuthorityView }) {
  return (
    <Card title="Issuer" action={<TextLink href={`/authorities/${issuer.slug}`}>Details</TextLink>}>
      <Facts>
        <Fact name="Name">{issuer.name}</Fact>
        <Fact name="Key">{KEY_NAMES[issuer.keyAlgorithm]}</Fact>
        <Fact name="Valid until">
          <Instant at={issuer.notAfter} show="day" />
        </Fact>
        <Fact name="Revocation list">
          <CrlState crl={issuer.crl} now={new Date()} />
        </Fact>
        <Fact name="OCSP responder">
          <ResponderState authority={issuer} now={new Date()} />
        </Fact>
      </Facts>
    </Card>
  )
}
