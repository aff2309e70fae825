/** Break-glass for a group: what the revocation of its issuer would hit, doing it, and how the group comes back. */
import type { Metadata } from 'next'
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { Notice } from '@/app/_components/notice'
import { PageHeader } from '@/app/_components/page-header'
import { TextLink } from '@/app/_components/row-link'
import { readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { EnabledBadge } from '@/app/_components/states'
import { found, requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import type { BreakGlassView } from '@/lib/services/break-glass'
import { can } from '@/lib/services/permissions'
import { drillBreakGlass } from './actions'
import { PlanCard } from './plan-card'
import { RevokeIssuerForm } from './revoke-issuer-form'

export const metadata: Metadata = { title: 'Break glass' }

interface PageProps {
  params: Promise<{ slug: string }>
  searchParams: SearchParameters
}

export default async function BreakGlassPage({ params, searchParams }: PageProps) {
  const actor = await requireActor('break-glass:read')
  const { slug } = await params
  const { issuer } = await readParameters(searchParams, ['issuer'])
  const view = await found(server().breakGlass.get(actor, slug, issuer))
  const mayManage = can(actor, 'break-glass:manage')
  const revoked = view.issuer.status === 'revoked'
  return (
    <>
      <PageHeader
        help="revocation#break-glass-the-issuer-of-a-group"
        title={revoked ? `${view.issuer.name} is revoked` : 'Break glass'}
        badge={revoked && <Badge tone="bad">Revoked</Badge>}
        trail={[
          { href: '/groups', text: 'Groups' },
          { href: `/groups/${slug}`, text: view.group.name },
        ]}
        description={
          revoked
            ? undefined
            : `For the day on which the key of ${view.issuer.name} can no longer be trusted: the issuer itself is revoked, and with it all it signed.`
        }
      >
        {mayManage && !revoked && <Drill view={view} />}
      </PageHeader>
      <div className="grid max-w-4xl gap-5">
        {view.issuer.revokedAt && (
          <Notice tone="warn" title="Nothing this issuer signed counts any more">
            Revoked <Instant at={view.issuer.revokedAt} />
            {view.issuer.revokedBy && ` by ${view.issuer.revokedBy}`}
            {view.issuer.comment && `: ${view.issuer.comment}`}. The root's revocation list names it.
          </Notice>
        )}
        {view.plan && <PlanCard view={view} plan={view.plan} mayManage={mayManage} />}
        <HitCard view={view} revoked={revoked} />
        {mayManage && !revoked && (
          <Card title="Revoke this issuer">
            <RevokeIssuerForm group={view.group} issuer={view.issuer} />
          </Card>
        )}
      </div>
    </>
  )
}

function Drill({ view: { group, issuer } }: { view: BreakGlassView }) {
  return (
    <ConfirmAction
      action={drillBreakGlass}
      values={{ group: group.slug, issuer: issuer.slug }}
      label="Drill"
      variant="secondary"
      title="Record a drill?"
      confirm="Record drill"
      done="Drill recorded"
      harmless
    >
      <p>
        This page shows exactly what the real thing would hit. The drill changes nothing; the audit trail keeps that it
        was held, with these numbers.
      </p>
    </ConfirmAction>
  )
}

function HitCard({ view: { hit, spared, lastDrill, group }, revoked }: { view: BreakGlassView; revoked: boolean }) {
  const tense = revoked ? 'was' : 'would be'
  return (
    <Card title={`What ${tense} hit`}>
      <Facts>
        <Fact name="Certificates">
          {hit.certificates} that {revoked ? 'counted' : 'count'} {revoked ? 'then' : 'now'}
        </Fact>
        <Fact name="Devices">{hit.devices}</Fact>
        <Fact name="Endpoints">
          {hit.endpoints.length === 0 ? (
            'None'
          ) : (
            <ul className="grid gap-1">
              {hit.endpoints.map(({ slug, name, enabled }) => (
                <li key={slug} className="flex flex-wrap items-center gap-x-2">
                  <TextLink href={`/endpoints/${slug}`}>{name}</TextLink>
                  <EnabledBadge enabled={enabled} />
                </li>
              ))}
            </ul>
          )}
        </Fact>
        {!revoked && (
          <Fact name="Challenges">
            {hit.pendingChallenges} unused. They stay, and work again once their endpoint is on.
          </Fact>
        )}
        <Fact name="Not hit">
          {spared.length === 0 ? (
            'No other issuer of this group has valid certificates.'
          ) : (
            <ul className="grid gap-1">
              {spared.map(({ slug, name, certificates }) => (
                <li key={slug}>
                  {certificates} valid of{' '}
                  <TextLink href={`/groups/${group.slug}/break-glass?issuer=${slug}`}>{name}</TextLink>
                </li>
              ))}
            </ul>
          )}
        </Fact>
        {!revoked && (
          <Fact name="Last drill">
            {lastDrill ? (
              <>
                <Instant at={lastDrill.at} /> by {lastDrill.by}
              </>
            ) : (
              'Never'
            )}
          </Fact>
        )}
      </Facts>
    </Card>
  )
}
