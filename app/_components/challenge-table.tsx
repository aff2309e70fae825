/** Challenges as rows: never their values, which nobody can see again. */
'use client'

import type { ListView } from '@/app/_lists/list-view'
import type { ChallengeView } from '@/lib/services/challenges'
import { type Column, DataTable } from './data-table'
import { Instant } from './instant'
import { FORMAT_NAMES } from './name-of-format'
import { nameOfMinter } from './name-of-minter'
import { ReissueChallenge } from './reissue-challenge'
import { RevokeChallenge } from './revoke-challenge'
import { TextLink } from './row-link'
import { ChallengeStateBadge } from './states'
import { VisibleText } from './visible-text'

interface ChallengeTableProps {
  challenges: ChallengeView[]
  mayRevoke: boolean
  mayReissue?: boolean
  without?: 'group'
  /** Each that waits has a box to tick. */
  tickable?: boolean
  view?: ListView
}

export function ChallengeTable({
  challenges,
  mayRevoke,
  mayReissue = false,
  without,
  tickable = false,
  view,
}: ChallengeTableProps) {
  const group: Column<ChallengeView> = { name: 'group', head: 'Group', cell: ({ group }) => group.name }
  return (
    <DataTable
      caption="Challenges"
      view={view}
      rows={challenges}
      rowKey={({ id }) => id}
      columns={[
        {
          head: 'For',
          sort: 'name',
          primary: true,
          cell: (row) => (tickable && row.state === 'pending' ? <Tickable {...row} /> : <SubjectCell {...row} />),
        },
        { name: 'state', head: 'State', cell: StateCell },
        ...(without === 'group' ? [] : [group]),
        { name: 'endpoint', head: 'Endpoint', optional: true, cell: ({ endpoint }) => endpoint.name },
        {
          name: 'minter',
          head: 'Minted by',
          spare: true,
          cell: MinterCell,
        },
        {
          name: 'minted',
          sort: 'minted',
          head: 'Minted',
          className: 'md:whitespace-nowrap',
          cell: ({ createdAt }) => <Instant at={createdAt} show="relative" />,
        },
        { name: 'attempts', head: 'Wrong attempts', optional: true, cell: ({ failedAttempts }) => failedAttempts },
        { name: 'ends', head: 'Ends', sort: 'ends', className: 'md:whitespace-nowrap', cell: EndCell },
        {
          head: 'Actions',
          quiet: true,
          className: 'md:text-right',
          cell: ({ id, state, subject }) => (
            <span className="flex flex-wrap gap-1 md:justify-end">
              {mayReissue && state !== 'reserved' && (
                <ReissueChallenge id={id} subject={subject} waiting={state === 'pending'} />
              )}
              {mayRevoke && state === 'pending' && <RevokeChallenge id={id} subject={subject} />}
            </span>
          ),
        },
      ]}
    />
  )
}

function Tickable(row: ChallengeView) {
  return (
    <div className="flex items-start gap-3">
      <input
        type="checkbox"
        name="challenge"
        value={row.id}
        aria-label={`Tick ${row.subject || 'a challenge'}`}
        className="mt-0.5 size-4 shrink-0 accent-accent"
      />
      <SubjectCell {...row} />
    </div>
  )
}

function SubjectCell({ id, subject, san, deviceName, failedAttempts, lastRefusal }: ChallengeView) {
  return (
    <div className="min-w-0">
      <p className="font-medium">
        <TextLink href={`/challenges/${id}`}>
          <VisibleText>{subject || san.map(({ value }) => value).join(', ') || 'a device'}</VisibleText>
        </TextLink>
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
      {lastRefusal?.detail && (
        <p className="line-clamp-2 text-sm text-muted">
          Refused: <VisibleText>{lastRefusal.detail}</VisibleText>
        </p>
      )}
    </div>
  )
}

/** Who, and in which form where it is not the usual one. */
function MinterCell(challenge: ChallengeView) {
  const { format } = challenge
  return (
    <div className="min-w-0">
      <VisibleText>{nameOfMinter(challenge)}</VisibleText>
      {format !== 'hex32' && <p className="text-sm text-muted">{FORMAT_NAMES[format] ?? format}</p>}
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
