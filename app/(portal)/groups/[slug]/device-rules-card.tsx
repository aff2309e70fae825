/** What a group does when an MDM says that a device is gone, in brief. */
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { TRIGGERS } from '@/app/_components/device-states'
import { Fact, Facts } from '@/app/_components/facts'
import { TextLink } from '@/app/_components/row-link'
import type { DeviceRulesView } from '@/lib/services/device-rules'

export function DeviceRulesCard({ rules: { group, rules } }: { rules: DeviceRulesView }) {
  const answering = rules.filter(({ action }) => action !== 'report')
  return (
    <Card
      title="When an MDM says"
      action={<TextLink href={`/groups/${group.slug}/device-rules`}>Device rules</TextLink>}
    >
      {answering.length === 0 ? (
        <p className="text-sm text-muted">
          Devices that an MDM removes or wipes keep their certificates: it is only reported. Best practice is that
          revocation follows the MDM.
        </p>
      ) : (
        <Facts>
          {answering.map(({ trigger, action }) => (
            <Fact key={trigger} name={TRIGGERS[trigger].title}>
              <Badge tone={action === 'revoke' ? 'bad' : 'warn'}>{action === 'revoke' ? 'Revoke' : 'Hold'}</Badge>
            </Fact>
          ))}
        </Facts>
      )}
    </Card>
  )
}
