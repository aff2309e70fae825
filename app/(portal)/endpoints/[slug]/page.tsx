/** One enrolment endpoint: on or off, its settings in sections, its clients and its registration authority. */
import { FileCog, FlaskConical, History, KeyRound } from 'lucide-react'
import type { Metadata } from 'next'
import { AuditLink } from '@/app/_components/audit-link'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { CopyValue } from '@/app/_components/copy-value'
import { PageHeader } from '@/app/_components/page-header'
import { SectionIndex } from '@/app/_components/section-index'
import { EnabledBadge } from '@/app/_components/states'
import { WeaknessBadges } from '@/app/_components/weakness-badges'
import { found, requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import { can, canInGroups } from '@/lib/services/permissions'
import { ChallengePageCard } from './challenge-page/challenge-page-card'
import { ClientsCard } from './clients-card'
import { CopyEndpoint } from './copy-endpoint'
import { DefaultEndpointCard } from './default-endpoint-card'
import { EnrolmentSettings } from './enrolment-settings'
import { POLICY_TITLES, PolicySection } from './policy-section'
import { ProfileSettings } from './profile-settings'
import { ProtocolSettings } from './protocol-settings'
import { RegistrationAuthorityCard } from './registration-authority-card'
import { RenewalSettings } from './renewal-settings'
import { StaticSecretsCard } from './static-secrets/static-secrets-card'
import { SwitchEndpoint } from './switch-endpoint'

export const metadata: Metadata = { title: 'Endpoint' }

export default async function EndpointPage({ params }: { params: Promise<{ slug: string }> }) {
  const actor = await requireActorInGroups('endpoint:read')
  const { slug } = await params
  const endpoint = await found(server().groups.getEndpoint(actor, slug))
  const { group, name, enabled, policy, scepUrl, weaknesses, registrationAuthority } = endpoint
  const mayChange = can(actor, 'endpoint:update')
  const secrets = can(actor, 'static-secret:read') ? await server().staticSecrets.list(actor, slug) : []
  const showsSecrets = can(actor, 'static-secret:read') && (policy === 'static' || secrets.length > 0)
  if (secrets.length > 0)
    await server().readings.note(actor, {
      type: 'endpoint',
      id: endpoint.id,
      name: `the static secrets of endpoint ${slug}`,
    })
  const pageAccounts = can(actor, 'challenge-page:read') ? await server().challengePageAccounts.list(actor, slug) : []
  const showsPage = can(actor, 'challenge-page:read') && (policy === 'dynamic' || pageAccounts.length > 0)
  // Which endpoint is the default one, and which validators there are, concerns every group.
  const leads = can(actor, 'endpoint:read') ? await server().defaultEndpoint.get(actor) : null
  const deciders = can(actor, 'connector:read') ? await server().connectors.deciders(actor) : []
  const validators = deciders.map(({ id, name, kind }) => ({
    id,
    name: kind === 'intune' && !/intune/i.test(name) ? `${name} (Microsoft Intune)` : name,
  }))
  // A form keeps what was typed; another endpoint, or settings that changed elsewhere, start it afresh.
  const form = { endpoint, mayChange }
  return (
    <>
      <PageHeader
        help="endpoints"
        description="One address where devices ask for certificates: who may ask, and what they get."
        title={`${group.name} ${name}`}
        badge={
          <>
            <EnabledBadge enabled={enabled} />
            <WeaknessBadges weaknesses={weaknesses} worst />
          </>
        }
        trail={[
          { href: '/groups', text: 'Groups' },
          { href: `/groups/${group.slug}`, text: group.name },
        ]}
      >
        <AuditLink actor={actor} type="endpoint" id={endpoint.id} />
        {mayChange && <SwitchEndpoint slug={slug} group={group.name} enabled={enabled} />}
        <ButtonLink href={`/endpoints/${slug}/profiles`}>
          <FileCog aria-hidden />
          Profiles
        </ButtonLink>
        {canInGroups(actor, 'simulation:run') && (
          <ButtonLink href={`/endpoints/${slug}/simulate`}>
            <FlaskConical aria-hidden />
            What would happen
          </ButtonLink>
        )}
        {can(actor, 'policy-version:read') && (
          <ButtonLink href={`/endpoints/${slug}/versions`}>
            <History aria-hidden />
            Versions
          </ButtonLink>
        )}
        {can(actor, 'endpoint:create') && <CopyEndpoint slug={slug} name={name} />}
        {enabled && policy === 'dynamic' && canInGroups(actor, 'challenge:mint') && (
          <ButtonLink href={`/challenges/new?endpoint=${slug}`} variant="primary">
            <KeyRound aria-hidden />
            Mint a challenge
          </ButtonLink>
        )}
      </PageHeader>
      <SectionIndex
        sections={[
          { id: 'status', title: 'Status' },
          { id: 'policy', title: POLICY_TITLES[policy] },
          { id: 'enrolment', title: 'How devices enrol here' },
          { id: 'protocol', title: 'Protocol settings' },
          { id: 'profile', title: 'Certificate profile' },
          { id: 'renewal', title: 'Renewal' },
          { id: 'registration-authority', title: 'Registration authority' },
          ...(leads ? [{ id: 'default', title: 'Default endpoint' }] : []),
          ...(showsSecrets ? [{ id: 'static-secrets', title: 'List of static secrets' }] : []),
          ...(showsPage ? [{ id: 'challenge-page', title: 'Challenge page for MDMs (NDES)' }] : []),
          { id: 'clients', title: 'Clients that work here' },
        ]}
      />
      <div className="grid gap-5" key={slug}>
        <div className="grid gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <div className="grid content-start gap-5">
            <Card id="enrolment" title="How devices enrol here" description={mayChange ? HOLDS : READ_ONLY}>
              <EnrolmentSettings {...form} validators={validators} />
            </Card>
            <Card id="protocol" title="Protocol settings" description="What weakens the endpoint is marked.">
              <ProtocolSettings {...form} />
            </Card>
          </div>
          <div className="grid content-start gap-5 max-lg:contents">
            <div className="grid gap-5 max-lg:order-first">
              <Card id="status" title="Status">
                <div className="grid gap-3">
                  <p className="text-muted">
                    {enabled
                      ? 'Devices can enrol at this address.'
                      : 'Switched off: every request at this address is refused.'}
                  </p>
                  <CopyValue value={scepUrl} what="SCEP URL" />
                  <WeaknessBadges weaknesses={weaknesses} />
                </div>
              </Card>
              <PolicySection
                endpoint={endpoint}
                validator={validators.find(({ id }) => id === endpoint.validatorId)?.name}
              />
            </div>
            <Card id="profile" title="Certificate profile" description="Holds for certificates made from now on.">
              <ProfileSettings {...form} />
            </Card>
            <Card id="renewal" title="Renewal">
              <RenewalSettings {...form} />
            </Card>
            <RegistrationAuthorityCard authority={registrationAuthority} />
            {leads && <DefaultEndpointCard slug={slug} leads={leads} mayChange={mayChange} />}
          </div>
        </div>
        {showsSecrets && (
          <StaticSecretsCard
            slug={slug}
            inUse={policy === 'static'}
            secrets={secrets}
            mayManage={can(actor, 'static-secret:manage')}
          />
        )}
        {showsPage && (
          <ChallengePageCard
            slug={slug}
            inUse={policy === 'dynamic'}
            accounts={pageAccounts}
            standardUrl={leads?.endpoint?.slug === slug ? server().urls.defaultChallengePageUrl() : null}
            mayManage={can(actor, 'challenge-page:manage')}
          />
        )}
        <ClientsCard endpoint={endpoint} />
      </div>
    </>
  )
}

const HOLDS = 'Settings hold from the next request on.'
const READ_ONLY = 'Only administrators can change these settings.'
