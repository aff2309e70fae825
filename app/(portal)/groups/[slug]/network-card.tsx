/** What the network grants to a group, in brief. */
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { Fact, Facts } from '@/app/_components/facts'
import { TextLink } from '@/app/_components/row-link'
import { windowText } from '@/lib/services/access-windows'
import type { NetworkAccessView } from '@/lib/services/network-access'

export function NetworkCard({ access }: { access: NetworkAccessView }) {
  const { group, enabled, vlan, ssids, windows, timeZone } = access
  return (
    <Card title="Network access" action={<TextLink href={`/groups/${group.slug}/radius`}>RADIUS</TextLink>}>
      <Facts>
        <Fact name="State">{enabled ? <Badge tone="ok">On</Badge> : <Badge tone="neutral">Off</Badge>}</Fact>
        <Fact name="VLAN">{vlan ?? 'None'}</Fact>
        {ssids.length > 0 && <Fact name="Wireless networks">{ssids.join(', ')}</Fact>}
        {windows.length > 0 && <Fact name="Hours">{`${windows.map(windowText).join(', ')} (${timeZone})`}</Fact>}
      </Facts>
    </Card>
  )
}
