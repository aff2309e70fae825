/** The next issuer of a group: staged, announced, switched to on a day, and how many devices have moved. */
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { KEY_NAMES } from '@/app/_components/name-of-key'
import { TextLink } from '@/app/_components/row-link'
import type { AuthorityView } from '@/lib/services/groups'
import type { RolloverView } from '@/lib/services/rollover'
import { cancelRollover } from './actions'
import { StageRollover } from './stage-rollover'

interface RolloverCardProps {
  rollover: RolloverView
  /** Issuers that came from elsewhere and have no group yet. */
  waiting: AuthorityView[]
  mayManage: boolean
  /** Also how the group comes back from the revocation of an issuer. */
  mayRead: boolean
}

export function RolloverCard({ rollover, waiting, mayManage, mayRead }: RolloverCardProps) {
  const { group, current, next, retired, devices } = rollover
  return (
    <Card
      title="Rollover"
      action={
        mayManage &&
        (next === null ? (
          <StageRollover
            group={group.slug}
            name={group.name}
            likeKey={current.keyAlgorithm}
            waiting={waiting.map(({ slug, name }) => ({ slug, name }))}
          />
        ) : (
          <ConfirmAction
            action={cancelRollover}
            values={{ group: group.slug }}
            label="Cancel rollover"
            title={`Give up the next issuer of ${group.name}?`}
            confirm="Cancel rollover"
            done="Rollover cancelled"
          >
            <p>Devices may have heard of it, so its certificate is revoked. The present issuer goes on as it is.</p>
          </ConfirmAction>
        ))
      }
    >
      {next === null && retired.length === 0 ? (
        <p className="text-muted">
          No next issuer is staged. Stage one some months before <Instant at={current.notAfter} show="day" />, when this
          one ends: endpoints keep their URLs, and devices move as they renew.
        </p>
      ) : (
        <Facts>
          {next !== null && (
            <>
              <Fact name="Next issuer">
                {next.issuer === null ? (
                  'Being made'
                ) : (
                  <TextLink href={`/authorities/${next.issuer.slug}`}>{next.issuer.name}</TextLink>
                )}
              </Fact>
              {next.issuer !== null && <Fact name="Its key">{KEY_NAMES[next.issuer.keyAlgorithm]}</Fact>}
              <Fact name="Takes over">
                <Instant at={next.activatesAt} />
              </Fact>
              <Fact name="State">
                {next.ready ? (
                  <Badge tone="ok">Ready, announced to devices</Badge>
                ) : (
                  <Badge tone="accent">Being made</Badge>
                )}
              </Fact>
            </>
          )}
          {retired.map((issuer) => (
            <Fact key={issuer.id} name="Earlier issuer">
              <span className="flex flex-wrap items-center gap-x-2">
                <TextLink href={`/authorities/${issuer.slug}`}>{issuer.name}</TextLink>
                {issuer.status === 'revoked' && <Badge tone="bad">Revoked</Badge>}
                {issuer.status === 'revoked' && mayRead && (
                  <TextLink href={`/groups/${group.slug}/break-glass?issuer=${issuer.slug}`}>Coming back</TextLink>
                )}
              </span>
            </Fact>
          ))}
          {retired.length > 0 && (
            <Fact name="Devices moved">
              <Moved {...devices} issuer={current.name} />
            </Fact>
          )}
        </Facts>
      )}
    </Card>
  )
}

function Moved({ total, moved, issuer }: { total: number; moved: number; issuer: string }) {
  return (
    <span className="grid gap-1.5">
      <span>
        {moved} of {total} {total === 1 ? 'device has' : 'devices have'} a certificate of {issuer}
      </span>
      <progress
        className="h-1.5 w-full max-w-60 overflow-hidden rounded-full"
        value={moved}
        max={Math.max(total, 1)}
        aria-label="Devices moved to the present issuer"
      />
    </span>
  )
}
