/** What this device, or somebody with its name or key, got and asked for before. */
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { Instant } from '@/app/_components/instant'
import { TextLink } from '@/app/_components/row-link'
import { shortSerial } from '@/app/_components/short-serial'
import { VisibleText } from '@/app/_components/visible-text'
import type { ApprovalDetail, CertificateInHistory } from '@/lib/services/approval-types'

export function HistoryCard({ history: { certificates, transactions } }: { history: ApprovalDetail['history'] }) {
  const empty = certificates.length === 0 && transactions.length === 0
  return (
    <Card title="History" description="Earlier certificates and requests with this name or this key.">
      {empty && <p className="text-muted">Neither name nor key has been seen here before.</p>}
      {certificates.length > 0 && (
        <ul className="grid gap-3">
          {certificates.map((certificate) => (
            <li key={certificate.id} className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <TextLink href={`/certificates/${certificate.id}`}>
                Certificate {shortSerial(certificate.serial)}
              </TextLink>
              <Relation certificate={certificate} />
              <span className="text-sm text-muted">
                {!certificate.sameSubject && (
                  <>
                    <VisibleText>{certificate.subject}</VisibleText>
                    {', '}
                  </>
                )}
                {certificate.revokedAt ? 'revoked ' : 'ends '}
                <Instant at={certificate.revokedAt ?? certificate.notAfter} show="day" />
              </span>
            </li>
          ))}
        </ul>
      )}
      {transactions.length > 0 && (
        <>
          <h3 className="mt-5 mb-2 text-sm font-medium first:mt-0">Requests with this name</h3>
          <ul className="grid gap-1.5 text-sm text-muted">
            {transactions.map(({ id, state, reason, endpoint, createdAt }) => (
              <li key={id}>
                <Instant at={createdAt} /> at {endpoint}: {WORDS[state] ?? state}
                {reason && ` (${reason.replaceAll('_', ' ')})`}
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  )
}

const WORDS: Readonly<Record<string, string>> = {
  received: 'in progress',
  pending: 'waits',
}

function Relation({ certificate: { sameKey, sameSubject } }: { certificate: CertificateInHistory }) {
  if (sameKey && sameSubject) return <Badge tone="neutral">Same name and key</Badge>
  return sameKey ? <Badge tone="warn">Same key, other name</Badge> : <Badge tone="neutral">Same name</Badge>
}
