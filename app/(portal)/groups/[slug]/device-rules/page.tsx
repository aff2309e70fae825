/** What a group does when an MDM says that a device is gone, unsafe or no longer entitled, tried before it is saved. */
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { Notice } from '@/app/_components/notice'
import { PageHeader } from '@/app/_components/page-header'
import { found, requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import { can } from '@/lib/services/permissions'
import { DeviceRulesForm } from './device-rules-form'

export const metadata: Metadata = { title: 'Device rules' }

export default async function DeviceRulesPage({ params }: { params: Promise<{ slug: string }> }) {
  const actor = await requireActorInGroups('device-rule:read')
  const { slug } = await params
  const { group, rules } = await found(server().deviceRules.get(actor, slug))
  const follows = rules.some(
    ({ trigger, action }) => action === 'revoke' && (trigger === 'removed' || trigger === 'wiped'),
  )
  return (
    <>
      <PageHeader
        help="devices#rules"
        title="Device rules"
        trail={[
          { href: '/groups', text: 'Groups' },
          { href: `/groups/${slug}`, text: group.name },
        ]}
        description="What becomes of the certificates of this group when an MDM says something of their device."
      />
      <div className="grid gap-5">
        {!follows && (
          <Notice title="Revocation does not follow the MDM yet">
            A device that is lost, wiped or retired keeps its access until somebody revokes its certificates. Best
            practice: revoke what was removed or wiped, hold what is not compliant.
          </Notice>
        )}
        <Card title="Rules">
          <DeviceRulesForm group={slug} rules={rules} mayChange={can(actor, 'device-rule:manage')} />
        </Card>
      </div>
    </>
  )
}
