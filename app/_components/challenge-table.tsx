/** Challenges as rows: never their values, which nobody can see again. */
import type { ChallengeView } from '@/lib/services/challenges'
import { keyOfDevice } from '@/lib/services/devices'
import { type Column, DataTable } from './data-table'
import { Instant } from './instant'
import { nameOfMinter } from './name-of-minter'
import { RevokeChallenge } from './revoke-challenge'
import { TextLink } from './row-link'
import { ChallengeStateBadge } from './states'
import { VisibleText } from './visible-text'

interface ChallengeTableProps {
  challenges: ChallengeView[]
  mayRevoke: boolean
  without?: 'group'
}

export function ChallengeTable({ challenges, mayRevoke, without }: ChallengeTableProps) {
  const endpoint: Column<ChallengeView> = { head: 'Group', cell: ({ group }) => group.name }
  return (
    <DataTable
      caption="Challenges"
      rows={challenges}
      rowKey={({ id }) => id}
      columns={[
        { head: 'For', primary: true, cell: SubjectCell },
        { head: 'State', cell: StateCell },
        ...(without === 'group' ? [] : [endpoint]),
        {
          head: 'Minted by',
          spare: true,
          cell: nameOfMinter,
        },
        {
          head: 'Minted',
          className: 'md:whitespace-nowrap',
          cell: ({ createdAt }) => <Instant at={createdAt} show="relative" />,
        },
        { head: 'Ends', className: 'md:whitespace-nowrap', cell: EndCell },
        {
          head: 'Actions',
          quiet: true,
          className: 'md:text-right',
          cell: ({ id, state, subject }) =>
            mayRevoke && state === 'pending' && <RevokeChallenge id={id} subject={subject} />,
        },
      ]}
    />
  )
}

function SubjectCell({ subject, san, deviceName, failedAttempts }: ChallengeView) {
  return (
    <div className="min-w-0">
      <p className="font-medium">
        {subject ? (
          <TextLink href={`/devices/${keyOfDevice(subject)}`}>
            <VisibleText>{subject}</VisibleText>
          </TextLink>
        ) : (
          <VisibleText>{san.map(({ value }) => value).join(', ')}</VisibleText>
        )}
      </p>
      {deviceName && (
        <p className="text-sm text-muted">
          <VisibleText>{deviceName}</VisibleText>
        </p>
      )}
      {failedAttempts > 0 && (
        <p className="text-sm text-warn">
          {failedAttempts === 1 ? 'One wrong attempt' : `${failedAttempts} wrong attempts`}
        </p>
      )}
    </div>
  )
}

function StateCell({ state, certificate }: ChallengeView) {
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      <ChallengeStateBadge state={state} />
      {certificate && (
        <span className="text-sm">
          <TextLink href={`/certificates/${certificate.id}`}>Certificate</TextLink>
        </span>
      )}
    </span>
  )
}

/** What ended it, or when its time is up. */
function EndCell({ state, consumedAt, revokedAt, expiresAt }: ChallengeView) {
  const waiting = state === 'pending' || state === 'reserved'
  return <Instant at={waiting ? expiresAt : (consumedAt ?? revokedAt ?? expiresAt)} show="relative" />
}
