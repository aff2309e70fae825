/** People as rows. */
import { CircleCheck, CircleSlash } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import { DataTable } from '@/app/_components/data-table'
import { Instant } from '@/app/_components/instant'
import { ROLE_NAMES } from '@/app/_components/name-of-role'
import { TextLink } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import type { GroupName, UserView } from '@/lib/services/access'
import { PersonActions } from './person-actions'

interface PeopleTableProps {
  people: UserView[]
  self: string | null
  mayManage: boolean
  groups: readonly GroupName[]
}

export function PeopleTable({ people, self, mayManage, groups }: PeopleTableProps) {
  return (
    <DataTable
      caption="People"
      rows={people}
      rowKey={({ id }) => id}
      columns={[
        { head: 'Person', primary: true, cell: (person) => <PersonCell person={person} isSelf={person.id === self} /> },
        { head: 'Role', cell: (person) => <RoleCell person={person} /> },
        {
          head: 'Account',
          cell: ({ disabledAt }) =>
            disabledAt ? (
              <Badge tone="neutral" icon={CircleSlash}>
                Disabled
              </Badge>
            ) : (
              <Badge tone="ok" icon={CircleCheck}>
                Active
              </Badge>
            ),
        },
        {
          head: 'Last signed in',
          cell: ({ lastSignInAt }) => (lastSignInAt ? <Instant at={lastSignInAt} show="relative" /> : 'never'),
        },
        { head: 'Audit', cell: ({ id }) => <TextLink href={`/audit?actor=${id}`}>Events</TextLink> },
        { head: 'Since', cell: ({ createdAt }) => <Instant at={createdAt} show="day" /> },
        {
          head: 'Actions',
          quiet: true,
          className: 'md:text-right',
          cell: (person) => mayManage && person.id !== self && <PersonActions person={person} groups={groups} />,
        },
      ]}
    />
  )
}

function RoleCell({ person: { role, groups } }: { person: UserView }) {
  return (
    <>
      {ROLE_NAMES[role].title}
      {groups && (
        <p className="text-sm wrap-anywhere text-muted">
          {groups.length === 0 ? 'Of no group' : `Of ${groups.map(({ name }) => name).join(', ')}`}
        </p>
      )}
    </>
  )
}

function PersonCell({ person: { name, email }, isSelf }: { person: UserView; isSelf: boolean }) {
  return (
    <div className="min-w-0">
      <p className="font-medium">
        <VisibleText>{name}</VisibleText>
        {isSelf && <span className="font-normal text-muted"> (you)</span>}
      </p>
      <p className="text-sm text-muted">
        <VisibleText>{email}</VisibleText>
      </p>
    </div>
  )
}
