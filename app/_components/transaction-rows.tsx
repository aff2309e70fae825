/** Enrolment attempts as rows, drawn where they are shown: with `client` in words already. */
'use client'

import type { ListView } from '@/app/_lists/list-view'
import type { TransactionView } from '@/lib/services/transactions'
import { DataTable } from './data-table'
import { Instant } from './instant'
import { RowLink, TextLink } from './row-link'
import { shortSerial } from './short-serial'
import { TransactionStateBadge } from './states'
import { VisibleText } from './visible-text'

export interface TransactionRowsProps {
  transactions: TransactionView[]
  view?: ListView
}

export function TransactionRows({ transactions, view }: TransactionRowsProps) {
  return (
    <DataTable
      caption="Enrolments"
      view={view}
      rows={transactions}
      rowKey={({ id }) => id}
      columns={[
        { head: 'Device', sort: 'name', primary: true, className: 'md:w-1/3', cell: DeviceCell },
        { name: 'outcome', head: 'Outcome', cell: ({ state }) => <TransactionStateBadge state={state} /> },
        { name: 'why', head: 'Why', className: 'md:w-1/3', cell: CauseCell },
        { name: 'group', head: 'Group', cell: ({ group }) => group.name },
        { name: 'endpoint', head: 'Endpoint', optional: true, cell: ({ endpoint }) => endpoint.name },
        { name: 'operation', head: 'Operation', optional: true, cell: ({ operation }) => operation },
        { name: 'client', head: 'Client', optional: true, cell: ({ client }) => client ?? '–' },
        {
          name: 'asked',
          sort: 'asked',
          head: 'When',
          className: 'md:whitespace-nowrap',
          cell: ({ createdAt }) => <Instant at={createdAt} show="relative" />,
        },
        {
          name: 'finished',
          head: 'Finished',
          optional: true,
          cell: ({ finishedAt }) => (finishedAt ? <Instant at={finishedAt} /> : '–'),
        },
        {
          name: 'transaction',
          head: 'Transaction id',
          optional: true,
          cell: ({ transactionId }) => (
            <code className="font-mono text-xs break-all">
              <VisibleText>{transactionId}</VisibleText>
            </code>
          ),
        },
      ]}
    />
  )
}

const QUESTIONS = ['GetCert', 'GetCRL']

function DeviceCell({ id, subject, operation, sourceIp, userAgent }: TransactionView) {
  return (
    <div className="min-w-0">
      <RowLink href={`/enrolments/${id}`}>
        <NameOf subject={subject} operation={operation} />
      </RowLink>
      <p className="text-sm text-muted">
        {subject && QUESTIONS.includes(operation) && `${operation} · `}
        {sourceIp ?? 'address not known'}
        {userAgent && (
          <>
            {' · '}
            <VisibleText>{userAgent}</VisibleText>
          </>
        )}
      </p>
    </div>
  )
}

/** A list of revocations is nobody's in particular. */
function NameOf({ subject, operation }: Pick<TransactionView, 'subject' | 'operation'>) {
  if (subject) return <VisibleText>{subject}</VisibleText>
  return QUESTIONS.includes(operation) ? operation : 'No readable name'
}

function CauseCell({ certificate, explanation, reason, state }: TransactionView) {
  if (certificate && state !== 'answered') {
    return <TextLink href={`/certificates/${certificate.id}`}>Certificate {shortSerial(certificate.serial)}</TextLink>
  }
  return (
    <div>
      <p>{explanation ?? (state === 'received' ? 'Being worked on.' : 'No cause recorded.')}</p>
      {reason && <p className="font-mono text-xs text-faint">{reason}</p>}
    </div>
  )
}
