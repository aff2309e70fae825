/** One enrolment endpoint: on or off, its settings, its profile and its registration authority. */
import { FlaskConical, KeyRound } from 'lucide-react'
import type { Metadata } from 'next'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { CopyValue } from '@/app/_components/copy-value'
import { Fact, Facts } from '@/app/_components/facts'
import { POLICY_NAMES } from '@/app/_components/name-of-policy'
import { PageHeader } from '@/app/_components/page-header'
import { EnabledBadge } from '@/app/_components/states'
import { WeakBadge } from '@/app/_components/weak-badge'
import { found, requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import type { EndpointView } from '@/lib/services/groups'
import { can } from '@/lib/services/permissions'
import { RegistrationAuthorityCard } from './registration-authority-card'
import { SettingsForm } from './settings-form'
import { StaticSecretsCard } from './static-secrets/static-secrets-card'
import { SwitchEndpoint } from './switch-endpoint'

export const metadata: Metadata = { title: 'Endpoint' }

export default async function EndpointPage({ params }: { params: Promise<{ slug: string }> }) {
  const actor = await requireActor('endpoint:read')
  const { slug } = await params
  const endpoint = await found(server().groups.getEndpoint(actor, slug))
  const { group, name, enabled, policy, scepUrl, profile, registrationAuthority } = endpoint
  const mayChange = can(actor, 'endpoint:update')
  const secrets = can(actor, 'static-secret:read') ? await server().staticSecrets.list(actor, slug) : []
  const showsSecrets = can(actor, 'static-secret:read') && (policy === 'static' || secrets.length > 0)
  return (
    <>
      <PageHeader
        title={`${group.name} ${name}`}
        badge={
          <>
            <EnabledBadge enabled={enabled} />
            {policy === 'static' && <WeakBadge />}
          </>
        }
        trail={[
          { href: '/groups', text: 'Groups' },
          { href: `/groups/${group.slug}`, text: group.name },
        ]}
      >
        {mayChange && <SwitchEndpoint slug={slug} group={group.name} enabled={enabled} />}
        {can(actor, 'simulation:run') && (
          <ButtonLink href={`/endpoints/${slug}/simulate`}>
            <FlaskConical aria-hidden />
            What would happen
          </ButtonLink>
        )}
        {enabled && policy === 'dynamic' && can(actor, 'challenge:mint') && (
          <ButtonLink href={`/challenges/new?endpoint=${slug}`} variant="primary">
            <KeyRound aria-hidden />
            Mint a challenge
          </ButtonLink>
        )}
      </PageHeader>
      <div className="grid gap-5 lg:grid-cols-2">
        <div className="grid content-start gap-5">
          <Card title="Where devices enrol">
            <CopyValue value={scepUrl} what="SCEP URL" />
          </Card>
          <Card title="What they get" description={profile.name}>
            <ProfileFacts endpoint={endpoint} policy={POLICY_NAMES[policy]} />
          </Card>
          <RegistrationAuthorityCard authority={registrationAuthority} />
        </div>
        <Card
          title="Settings"
          description={mayChange ? 'They hold from the next request on.' : 'Only administrators can change them.'}
          className="self-start"
        >
          <SettingsForm slug={slug} settings={endpoint} mayChange={mayChange} />
        </Card>
        {showsSecrets && (
          <div className="min-w-0 lg:col-span-2">
            <StaticSecretsCard
              slug={slug}
              inUse={policy === 'static'}
              secrets={secrets}
              mayManage={can(actor, 'static-secret:manage')}
            />
          </div>
        )}
      </div>
    </>
  )
}

/** Extended key usages, as openssl and the page of a certificate say them. */
const USAGES: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'TLS Web Server Authentication',
  '1.3.6.1.5.5.7.3.2': 'TLS Web Client Authentication',
  '1.3.6.1.5.5.7.3.4': 'E-mail Protection',
}

function ProfileFacts({ endpoint: { profile }, policy }: { endpoint: EndpointView; policy: string }) {
  return (
    <Facts>
      <Fact name="Who may enrol">{policy}</Fact>
      <Fact name="Validity">{profile.validityDays} days</Fact>
      <Fact name="Usage">{profile.extendedKeyUsage.map((usage) => USAGES[usage] ?? usage).join(', ')}</Fact>
      <Fact name="Keys">
        RSA from {profile.minRsaBits} bits
        {profile.ellipticCurves.length > 0 && `, EC ${profile.ellipticCurves.join(', ')}`}
      </Fact>
    </Facts>
  )
}
