/** What belongs to the endpoint's policy: each has its own way to let devices in. */
import { Card } from '@/app/_components/card'
import { TextLink } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import type { EndpointView } from '@/lib/services/groups'

/** As its card says. */
export const POLICY_TITLES: Record<EndpointView['policy'], string> = {
  dynamic: 'One-time challenges',
  static: 'Static secrets',
  approval: 'Approvals',
  delegated: 'Validator',
}

interface PolicySectionProps {
  endpoint: EndpointView
  /** Who decides, where somebody else does. */
  validator: string | undefined
}

export function PolicySection({ endpoint, validator }: PolicySectionProps) {
  switch (endpoint.policy) {
    case 'dynamic':
      return (
        <Card id="policy" title={POLICY_TITLES[endpoint.policy]}>
          <p className="text-muted">
            A device needs one that was minted for its name and is still unused.{' '}
            <TextLink href={`/challenges?endpoint=${endpoint.slug}`}>See those of this endpoint</TextLink>.
          </p>
        </Card>
      )
    case 'static':
      return (
        <Card id="policy" title={POLICY_TITLES[endpoint.policy]}>
          <p className="text-muted">Whoever knows a secret of this endpoint can enrol, within the bounds it has.</p>
        </Card>
      )
    case 'approval':
      return (
        <Card id="policy" title={POLICY_TITLES[endpoint.policy]}>
          <p className="text-muted">
            Requests wait for {endpoint.approvalsRequired === 1 ? 'one person' : `${endpoint.approvalsRequired} people`}
            , {endpoint.pendingTtlHours} hours at most.
          </p>
        </Card>
      )
    case 'delegated':
      return (
        <Card id="policy" title={POLICY_TITLES[endpoint.policy]}>
          <p className="text-muted">
            {validator ? <VisibleText>{validator}</VisibleText> : 'A validator of yours'} is asked about each request.
            See <TextLink href="/connectors">how it is</TextLink>.
          </p>
        </Card>
      )
  }
}
