/** What becomes of an authority before it ends, in one line. */
import { Instant } from '@/app/_components/instant'
import type { AuthorityView } from '@/lib/services/groups'

interface RolloverPlanProps {
  authority: AuthorityView
  all: readonly AuthorityView[]
}

export function RolloverPlan({ authority, all }: RolloverPlanProps) {
  const successor = all.find(({ replacesId, status }) => replacesId === authority.id && status !== 'revoked')
  if (authority.status === 'staged' && authority.activatesAt !== null)
    return (
      <>
        Takes over on <Instant at={authority.activatesAt} show="day" />
      </>
    )
  if (authority.status === 'active' && successor?.activatesAt)
    return (
      <>
        {successor.name} takes over on <Instant at={successor.activatesAt} show="day" />
      </>
    )
  if (authority.status === 'retired' || authority.status === 'revoked')
    return <>{successor ? `${successor.name} took over` : 'Issues nothing any more'}</>
  return <>{authority.kind === 'root' ? 'Its issuers end before it does' : 'No successor staged'}</>
}
