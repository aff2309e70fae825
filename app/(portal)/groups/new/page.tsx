/** A new group, in one step. */
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { PageHeader } from '@/app/_components/page-header'
import { requireActor } from '@/app/_session'
import { NewGroupForm } from './new-group-form'

export const metadata: Metadata = { title: 'New group' }

export default async function NewGroupPage() {
  await requireActor('group:create')
  return (
    <div className="max-w-2xl">
      <PageHeader
        help="how-an-enrolment-works"
        title="New group"
        description="A set of users or devices with its own issuer: staff, students, printers, contractors."
        trail={[{ href: '/groups', text: 'Groups' }]}
      />
      <Card>
        <NewGroupForm placeholder="Printers" />
      </Card>
    </div>
  )
}
