/** What to set where the RADIUS server is not FreeRADIUS. */
import { Download } from 'lucide-react'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { Disclosure } from '@/app/_components/disclosure'
import { Fact, Facts } from '@/app/_components/facts'
import type { AuthorityView } from '@/lib/services/groups'

interface OtherServersCardProps {
  group: string
  issuer: AuthorityView
  rootCrlUrl: string
  ocspUrl: string
  vlan: string | null
}

export function OtherServersCard({ group, issuer, rootCrlUrl, ocspUrl, vlan }: OtherServersCardProps) {
  return (
    <Card
      title="Other servers"
      description="They take the issuers as files, and look up revocation by themselves."
      action={
        <ButtonLink href={`/groups/${group}/radius/download?authorities=yes`}>
          <Download aria-hidden />
          Issuers with hashed names
        </ButtonLink>
      }
    >
      <div className="grid gap-2">
        <Disclosure summary="Microsoft NPS">
          <Facts>
            <Fact name="Authentication method">Microsoft: Smart card or other certificate</Fact>
            <Fact name="Revocation lists to reach">
              <Urls urls={[issuer.crlUrl, rootCrlUrl]} />
            </Fact>
            <Fact name="Identity">
              NPS maps a certificate to an account in Active Directory: a user by a UPN in the alternative names, a
              computer by its DNS name. Without one, and without strong mapping (KB5014754), the logon is refused.
            </Fact>
            <Fact name="NTAuth store">
              The issuer must be in it. Whoever can choose names at an issuer that is in it can log on as anybody: bind
              subjects with dynamic challenges.
            </Fact>
            <Fact name="VLAN">
              {vlan === null ? 'Not set for this group.' : `Tunnel-Pvt-Group-ID ${vlan}, `}
              {vlan !== null && 'Tunnel-Type VLAN, Tunnel-Medium-Type 802, in a network policy of its own.'}
            </Fact>
          </Facts>
        </Disclosure>
        <Disclosure summary="Aruba ClearPass">
          <Facts>
            <Fact name="Trust list">Import the issuer with usage EAP</Fact>
            <Fact name="EAP-TLS method">
              Authorization required off, certificate comparison do not compare, session resumption off
            </Fact>
            <Fact name="Verify certificate using OCSP">Required, override OCSP URL from client on:</Fact>
            <Fact name="OCSP URL">
              <Urls urls={[ocspUrl]} />
            </Fact>
            <Fact name="Role mapping">Certificate:Issuer-CN equals {issuer.name}</Fact>
            <Fact name="Enforcement">{vlan === null ? 'No VLAN is set for this group.' : `VLAN ${vlan}`}</Fact>
          </Facts>
        </Disclosure>
        <Disclosure summary="Cisco ISE">
          <Facts>
            <Fact name="Trusted certificates">
              Issuer and root, with trust for client authentication. ISE believes the whole chain: tell groups apart in
              the policy.
            </Fact>
            <Fact name="OCSP client profile">
              <Urls urls={[ocspUrl]} />
            </Fact>
            <Fact name="On the issuer's certificate">
              Validate against OCSP service, reject if UNKNOWN, reject if unreachable, nonce on
            </Fact>
            <Fact name="CRL instead">
              <Urls urls={[issuer.crlUrl]} />
            </Fact>
            <Fact name="Authorisation condition">CERTIFICATE: Issuer - Common Name equals {issuer.name}</Fact>
            <Fact name="Authorisation profile">
              {vlan === null ? 'No VLAN is set for this group.' : `VLAN, tag 1, ID or name ${vlan}`}
            </Fact>
          </Facts>
        </Disclosure>
      </div>
    </Card>
  )
}

function Urls({ urls }: { urls: string[] }) {
  return (
    <span className="grid">
      {urls.map((url) => (
        <span key={url} className="font-mono text-sm break-all">
          {url}
        </span>
      ))}
    </span>
  )
}
