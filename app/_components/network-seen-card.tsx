/** When and where the network last saw one certificate, or those of one device. */
import type { RefusalView, SightingView } from '@/lib/services/network-history'
import { Card } from './card'
import { Fact, Facts } from './facts'
import { Instant } from './instant'
import { REFUSAL_REASONS } from './name-of-refusal'
import { VisibleText } from './visible-text'

interface NetworkSeenCardProps {
  /** Newest first. */
  sightings: SightingView[]
  refusals: RefusalView[]
}

export function NetworkSeenCard({ sightings, refusals }: NetworkSeenCardProps) {
  const [seen] = sightings
  const [refused] = refusals
  if (seen === undefined && refused === undefined) return null
  const logins = sightings.reduce((sum, { accepted }) => sum + accepted, 0)
  return (
    <Card title="On the network">
      <Facts>
        {seen && (
          <>
            <Fact name="Last seen">
              <Instant at={seen.lastAcceptedAt} show="relative" />
            </Fact>
            <Fact name="Where">
              <Place {...seen} />
            </Fact>
            <Fact name="VLAN">{seen.vlan ?? 'None'}</Fact>
            {seen.station && (
              <Fact name="Its address there">
                <VisibleText>{seen.station}</VisibleText>
              </Fact>
            )}
            <Fact name="Logins">{logins}</Fact>
          </>
        )}
        {refused && (
          <Fact name="Last kept out">
            <Instant at={refused.lastAt} show="relative" />: {REFUSAL_REASONS[refused.reason].toLowerCase()}
          </Fact>
        )}
      </Facts>
    </Card>
  )
}

function Place({ networkServer, ssid }: { networkServer: string | null; ssid: string | null }) {
  const parts = [networkServer, ssid].filter((part) => part !== null)
  return <VisibleText>{parts.length === 0 ? 'Not said' : parts.join(', ')}</VisibleText>
}
