/** Enrolment attempts as rows. */
import type { TransactionView } from '@/lib/services/transactions'
import { DataTable } from './data-table'
import { Instant } from './instant'
import { RowLink, TextLink } from './row-link'
import { shortSerial } from './short-serial'
import { TransactionStateBadge } from './states'
import { VisibleText } from './visible-text'

export function TransactionTable({ transactions }: { transactions: TransactionView[] }) {
  return (
    <DataTable
      caption="Enrolments"
      rows={transactions}
      rowKey={({ id }) => id}
      columns={[
        { head: 'Device', primary: true, className: 'md:w-1/4', cell: DeviceCell },
        { head: 'Outcome', cell: ({ state }) => <TransactionStateBadge state={state} /> },
        { head: 'Why', className: 'md:w-2/5', cell: CauseCell },
        { head: 'Group', cell: ({ group }) => group.name },
        {
          head: 'When',
          className: 'md:whitespace-nowrap',
          cell: ({ createdAt }) => <Instant at={createdAt} show="relative" />,
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
