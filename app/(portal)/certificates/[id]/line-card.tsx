/** The line of renewals: which certificate came before, which took over, and which of them this page is about. */
import { Card } from '@/app/_components/card'
import { Instant } from '@/app/_components/instant'
import { TextLink } from '@/app/_components/row-link'
import { shortSerial } from '@/app/_components/short-serial'
import { CertificateStatusBadge } from '@/app/_components/states'
import type { CertificateDetail } from '@/lib/services/certificates'

export function LineCard({ certificate }: { certificate: CertificateDetail }) {
  const { lineage, id } = certificate
  if (lineage.length === 0) return null
  return (
    <Card title="Renewals" action={<TextLink href={`/certificates?line=${id}`}>Show in the list</TextLink>}>
      <ol className="grid gap-3">
        {lineage.toReversed().map((member) => (
          <li key={member.id} className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1">
            <div className="grid gap-0.5">
              {member.id === id ? (
                <span className="font-medium" aria-current="page">
                  <span className="font-mono text-sm">{shortSerial(member.serial)}</span> · this one
                </span>
              ) : (
                <TextLink href={`/certificates/${member.id}`}>
                  <span className="font-mono text-sm">{shortSerial(member.serial)}</span>
                </TextLink>
              )}
              <span className="text-sm text-muted">
                <Instant at={member.issuedAt} show="day" /> to <Instant at={member.notAfter} show="day" />
              </span>
            </div>
            <CertificateStatusBadge status={member.status} />
          </li>
        ))}
      </ol>
    </Card>
  )
}
