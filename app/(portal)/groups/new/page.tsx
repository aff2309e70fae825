/** A new group, in one step. */
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { PageHeader } from '@/app/_components/page-header'
import { requireActor } from '@/app/_session'
import { isWaiting } from '@/app/(portal)/groups/waiting-issuers'
import { server } from '@/lib/server'
import { NewGroupForm } from './new-group-form'

export const metadata: Metadata = { title: 'New group' }

export default async function NewGroupPage() {
  const actor = await requireActor('group:create')
  const { groups, authorityImports } = server()
  const [all, chosenId] = await Promise.all([groups.authorities(actor), authorityImports.rootOfNewIssuers(actor)])
  const waiting = all.filter(isWaiting).map(({ slug, name }) => ({ slug, name }))
  return (
    <div className="max-w-2xl">
      <PageHeader
        help="how-an-enrolment-works"
        title="New group"
        description="A set of users or devices with its own issuer: staff, students, printers, contractors."
        trail={[{ href: '/groups', text: 'Groups' }]}
      />
      <Card>
        <NewGroupForm
          placeholder="Printers"
          waiting={waiting}
          rootHere={all.find(({ id }) => id === chosenId)?.key === 'here'}
        />
      </Card>
    </div>
  )
}
