/** Who may use the portal, and as what. */
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import { can } from '@/lib/services/permissions'
import { NewPerson } from './new-person'
import { PeopleTable } from './people-table'

export const metadata: Metadata = { title: 'People' }

export default async function PeoplePage() {
  const actor = await requireActor('user:read')
  await server().readings.note(actor, { type: 'system', id: 'people', name: 'the list of people' })
  const people = await server().access.users(actor)
  const mayManage = can(actor, 'user:manage')
  const groups = mayManage ? await server().groups.names(actor) : []
  return (
    <Card
      flush
      title="People"
      description="Roles take effect with the next click; sessions end when a role or its groups change."
      action={mayManage && <NewPerson groups={groups} />}
    >
      <PeopleTable people={people} self={actor.id} mayManage={mayManage} groups={groups} />
    </Card>
  )
}
