/** Who signed it, what it signed, and whose it is. */
import { Card } from '@/app/_components/card'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { TextLink } from '@/app/_components/row-link'
import type { AuthorityView, GroupOutline } from '@/lib/services/groups'
import { AuthorityBadges } from '../authority-badges'
import { RolloverPlan } from '../rollover-plan'

interface BelongingsCardProps {
  authority: AuthorityView
  all: AuthorityView[]
  group: GroupOutline | undefined
  now: Date
}

const ORIGINS = {
  made: 'Made here',
  imported: 'Imported',
  requested: 'Key made here, certificate signed elsewhere',
} as const

export function BelongingsCard({ authority, all, group, now }: BelongingsCardProps) {
  const root = all.find(({ id }) => id === authority.parentId)
  const issuers = all.filter(({ parentId }) => parentId === authority.id)
  return (
    <Card title={authority.kind === 'root' ? 'Issuers and plan' : 'Place and plan'}>
      <Facts>
        <Fact name="Origin">{ORIGINS[authority.origin]}</Fact>
        {root && (
          <Fact name="Signed by">
            <TextLink href={`/authorities/${root.slug}`}>{root.name}</TextLink>
          </Fact>
        )}
        {authority.kind === 'issuer' && (
          <Fact name="Group">
            {group ? <TextLink href={`/groups/${group.slug}`}>{group.name}</TextLink> : 'None yet'}
          </Fact>
        )}
        <Fact name="What comes next">
          <RolloverPlan authority={authority} all={all} />
        </Fact>
        {authority.kind === 'root' && (
          <Fact name="Issuers">
            {issuers.length === 0 ? (
              'None'
            ) : (
              <ul className="grid gap-1.5">
                {issuers.map((issuer) => (
                  <li key={issuer.id} className="flex flex-wrap items-center gap-x-2 gap-y-1">
                    <TextLink href={`/authorities/${issuer.slug}`}>{issuer.name}</TextLink>
                    <AuthorityBadges authority={issuer} chosen={false} />
                    <span className="text-sm text-muted">
                      {issuer.notAfter > now ? 'until ' : 'ended '}
                      <Instant at={issuer.notAfter} show="day" />
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </Fact>
        )}
      </Facts>
    </Card>
  )
}
