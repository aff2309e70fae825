/** How a group comes back: a new issuer, its endpoints on again, its devices enrolled again. */
import type { ReactNode } from 'react'
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { TextLink } from '@/app/_components/row-link'
import { EnabledBadge } from '@/app/_components/states'
import { switchEndpoint } from '@/app/(portal)/endpoints/actions'
import type { BreakGlassView } from '@/lib/services/break-glass'
import { ReplaceIssuerForm } from './replace-issuer-form'

interface PlanCardProps {
  view: BreakGlassView
  plan: NonNullable<BreakGlassView['plan']>
  mayManage: boolean
}

export function PlanCard({ view, plan: { next, enrolled }, mayManage }: PlanCardProps) {
  const { group, hit } = view
  const issuing = next?.status === 'active'
  const on = hit.endpoints.filter(({ enabled }) => enabled).length
  return (
    <Card title="Coming back" description="Each step is yours to take: nothing is switched on by itself.">
      <ol className="grid gap-6">
        <Step number={1} title="A new issuer" done={issuing}>
          {issuing ? (
            <p>
              <TextLink href={`/authorities/${next.slug}`}>{next.name}</TextLink> issues for the group now, and the
              endpoints are moved to it. Trust it on RADIUS and VPN servers.
            </p>
          ) : next ? (
            <p className="mb-3">
              <TextLink href={`/authorities/${next.slug}`}>{next.name}</TextLink> is staged and can take over at once.
            </p>
          ) : (
            <p className="mb-3 text-muted">
              It is made under the same root, with a registration authority for each endpoint, and takes over at once.
              Endpoints keep their URLs.
            </p>
          )}
          {!issuing && mayManage && <ReplaceIssuerForm group={group.slug} staged={next !== null} />}
        </Step>
        <Step number={2} title="Endpoints on again" done={issuing && on === hit.endpoints.length}>
          <ul className="grid gap-2">
            {hit.endpoints.map(({ slug, name, enabled, ofIssuer }) => (
              <li key={slug} className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <TextLink href={`/endpoints/${slug}`}>{name}</TextLink>
                <EnabledBadge enabled={enabled} />
                {!enabled && issuing && !ofIssuer && mayManage && (
                  <ConfirmAction
                    action={switchEndpoint}
                    values={{ slug, enabled: 'true' }}
                    label="Switch on"
                    variant="secondary"
                    size="small"
                    title={`Switch ${name} on?`}
                    confirm="Switch on"
                    done="Endpoint switched on"
                    harmless
                  >
                    <p>Devices can enrol there again, and get certificates of the new issuer.</p>
                  </ConfirmAction>
                )}
              </li>
            ))}
          </ul>
        </Step>
        <Step number={3} title="Devices enrolled again" done={hit.devices > 0 && enrolled === hit.devices}>
          <p>
            {enrolled} of {hit.devices} {hit.devices === 1 ? 'device has' : 'devices have'} a valid certificate again
          </p>
          <progress
            className="mt-1.5 h-2 w-full max-w-80 overflow-hidden rounded-full"
            value={enrolled}
            max={Math.max(hit.devices, 1)}
            aria-label="Devices with a valid certificate again"
          />
          <p className="mt-2 text-sm text-muted">
            Roll the enrolment profile out again, with fresh challenges.{' '}
            <TextLink href={`/certificates?issuer=${view.issuer.slug}&status=issuer_revoked`}>What they had</TextLink>
          </p>
        </Step>
      </ol>
    </Card>
  )
}

function Step({
  number,
  title,
  done,
  children,
}: {
  number: number
  title: string
  done: boolean
  children: ReactNode
}) {
  return (
    <li className="grid grid-cols-[1.75rem_minmax(0,1fr)] gap-x-3">
      <span
        className="grid size-7 place-items-center rounded-full border border-line bg-sunken text-sm font-medium"
        aria-hidden
      >
        {number}
      </span>
      <div className="grid gap-1.5">
        <h3 className="flex min-h-7 flex-wrap items-center gap-x-2 font-medium">
          {title}
          {done && <Badge tone="ok">Done</Badge>}
        </h3>
        <div>{children}</div>
      </div>
    </li>
  )
}
