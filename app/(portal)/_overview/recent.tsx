/** The newest certificates and the newest refusals. */
import { ArrowLeftRight, FileBadge } from 'lucide-react'
import { Card } from '@/app/_components/card'
import { EmptyState } from '@/app/_components/empty-state'
import { Instant } from '@/app/_components/instant'
import { RowLink, TextLink } from '@/app/_components/row-link'
import { CertificateStatusBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import type { CertificateSummary } from '@/lib/services/certificates'
import type { TransactionView } from '@/lib/services/transactions'

export function Recent({ certificates, refused }: { certificates: CertificateSummary[]; refused: TransactionView[] }) {
  return (
    <>
      <Card
        flush
        title="Newest certificates"
        action={certificates.length > 0 && <TextLink href="/certificates">All certificates</TextLink>}
      >
        {certificates.length > 0 ? (
          <ul>
            {certificates.map((certificate) => (
              <NewestCertificate key={certificate.id} certificate={certificate} />
            ))}
          </ul>
        ) : (
          <EmptyState icon={FileBadge} title="No certificates yet">
            They appear here the moment a device enrols.
          </EmptyState>
        )}
      </Card>
      <Card
        flush
        title="Newest refusals"
        action={refused.length > 0 && <TextLink href="/enrolments?state=refused">All refusals</TextLink>}
      >
        {refused.length > 0 ? (
          <ul>
            {refused.map((transaction) => (
              <NewestRefusal key={transaction.id} transaction={transaction} />
            ))}
          </ul>
        ) : (
          <EmptyState icon={ArrowLeftRight} title="Nothing was refused">
            A device that is turned away shows up here, with the cause.
          </EmptyState>
        )}
      </Card>
    </>
  )
}

const ROW = 'flex flex-wrap items-center gap-x-4 gap-y-0.5 border-t border-line px-4 py-2.5 first:border-t-0 sm:px-5'

function NewestCertificate({ certificate }: { certificate: CertificateSummary }) {
  const { id, commonName, subject, group, status, issuedAt } = certificate
  return (
    <li className={`relative transition-colors hover:bg-hover [&_a]:after:absolute [&_a]:after:inset-0 ${ROW}`}>
      <span className="min-w-0 flex-1 basis-40 wrap-anywhere">
        <RowLink href={`/certificates/${id}`}>
          <VisibleText>{commonName ?? (subject || 'No name')}</VisibleText>
        </RowLink>
        {group && <span className="text-muted"> in {group.name}</span>}
      </span>
      <CertificateStatusBadge status={status} />
      <Instant
        at={issuedAt}
        show="relative"
        className="relative z-1 basis-full text-sm text-muted sm:w-28 sm:basis-auto sm:text-right"
      />
    </li>
  )
}

function NewestRefusal({ transaction }: { transaction: TransactionView }) {
  const { id, subject, group, explanation, createdAt } = transaction
  return (
    <li className={`relative transition-colors hover:bg-hover [&_a]:after:absolute [&_a]:after:inset-0 ${ROW}`}>
      <span className="min-w-0 flex-1 basis-64 wrap-anywhere">
        <RowLink href={`/enrolments/${id}`}>
          {subject ? <VisibleText>{subject}</VisibleText> : 'No readable name'}
        </RowLink>
        <span className="text-muted"> in {group.name}</span>
        {explanation && <span className="block text-sm text-muted">{explanation}</span>}
      </span>
      <Instant
        at={createdAt}
        show="relative"
        className="relative z-1 basis-full text-sm text-muted sm:w-28 sm:basis-auto sm:text-right"
      />
    </li>
  )
}
