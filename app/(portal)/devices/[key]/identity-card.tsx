/** Who a device is, as its MDM tells. */
import { Card } from '@/app/_components/card'
import { CopyValue } from '@/app/_components/copy-value'
import { DeviceStateBadges, DeviceVerdictBadge } from '@/app/_components/device-states'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { TextLink } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import type { EffectiveDeviceStatus, MdmDevice } from '@/lib/services/mdm-devices'

export function IdentityCard({ mdm, effective }: { mdm: MdmDevice; effective: EffectiveDeviceStatus }) {
  const user = [mdm.userName, mdm.userEmail].filter((part) => part !== null)
  const kind = [mdm.model, mdm.platform, mdm.osVersion].filter((part) => part !== null)
  return (
    <Card title="Identity">
      <div className="grid gap-x-8 gap-y-3 lg:grid-cols-2">
        <Facts>
          <Fact name="Effective status">
            <span className="grid gap-1">
              <DeviceVerdictBadge verdict={effective.verdict} />
              <span className="text-sm text-muted">{effective.sentence}</span>
            </span>
          </Fact>
          <Fact name="The MDM says">
            <DeviceStateBadges {...mdm} />
          </Fact>
          <Fact name="MDM">
            {mdm.connector ? (
              <TextLink href={`/connectors/${mdm.connector.slug}`}>{mdm.connector.name}</TextLink>
            ) : (
              'None any more'
            )}
          </Fact>
          <Fact name="Last seen">{mdm.lastSeenAt ? <Instant at={mdm.lastSeenAt} show="relative" /> : 'Not said'}</Fact>
          <Fact name="Known since">
            <Instant at={mdm.firstKnownAt} />
          </Fact>
        </Facts>
        <Facts>
          <Fact name="Serial number">
            {mdm.serial ? <CopyValue value={mdm.serial} what="serial number" /> : 'None'}
          </Fact>
          <Fact name="UDID">{mdm.udid ? <CopyValue value={mdm.udid} what="UDID" /> : 'None'}</Fact>
          <Fact name="Id in the MDM">
            {mdm.externalId ? <CopyValue value={mdm.externalId} what="id in the MDM" /> : 'None'}
          </Fact>
          <Fact name="User">{user.length > 0 ? <VisibleText>{user.join(', ')}</VisibleText> : 'None'}</Fact>
          <Fact name="Model">{kind.length > 0 ? <VisibleText>{kind.join(', ')}</VisibleText> : 'Not said'}</Fact>
        </Facts>
      </div>
    </Card>
  )
}
