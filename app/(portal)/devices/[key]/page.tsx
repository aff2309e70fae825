/** One device: its certificates and how they renewed each other, its attempts, its challenges. */
import { Ban } from 'lucide-react'
import type { Metadata } from 'next'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { CertificateTable } from '@/app/_components/certificate-table'
import { ChallengeTable } from '@/app/_components/challenge-table'
import { NetworkSeenCard } from '@/app/_components/network-seen-card'
import { PageHeader } from '@/app/_components/page-header'
import { TextLink } from '@/app/_components/row-link'
import { shortSerial } from '@/app/_components/short-serial'
import { CertificateStatusBadge } from '@/app/_components/states'
import { TransactionTable } from '@/app/_components/transaction-table'
import { VisibleText } from '@/app/_components/visible-text'
import { found, requireActor } from '@/app/_session'
import { bulkAddress } from '@/app/(portal)/revocations/selection'
import { server } from '@/lib/server'
import type { DeviceDetail } from '@/lib/services/devices'
import { can } from '@/lib/services/permissions'

export const metadata: Metadata = { title: 'Device' }

export default async function DevicePage({ params }: { params: Promise<{ key: string }> }) {
  const actor = await requireActor('certificate:read')
  const { key } = await params
  const { subject, certificates, transactions, challenges } = await found(server().devices.get(actor, key))
  const [newest] = certificates
  const seen = await server().networkHistory.ofCertificates(
    actor,
    certificates.map(({ id }) => id),
  )
  const refused = transactions.filter(({ state }) => state === 'refused' || state === 'failed').length
  return (
    <>
      <PageHeader
        title={<VisibleText>{subject}</VisibleText>}
        badge={newest && <CertificateStatusBadge status={newest.status} cause={newest.statusCause} />}
        trail={[{ href: '/devices', text: 'Devices' }]}
        description="Everything under this name. Another name is another device, even if it is the same machine."
      >
        {certificates.length > 0 && can(actor, 'bulk-revocation:manage') && (
          <ButtonLink href={bulkAddress({ device: key })} variant="danger-quiet">
            <Ban aria-hidden />
            Revoke its certificates
          </ButtonLink>
        )}
      </PageHeader>
      <div className="grid gap-5">
        <Card flush title="Certificates" description={countOf(certificates.length, 'certificate')}>
          {certificates.length > 0 ? (
            <>
              <CertificateTable certificates={certificates} />
              <Lineage certificates={certificates} />
            </>
          ) : (
            <Nothing>No certificate was issued to this name.</Nothing>
          )}
        </Card>
        <NetworkSeenCard {...seen} />
        <Card
          flush
          title="Enrolments"
          description={`${countOf(transactions.length, 'attempt')}${refused > 0 ? `, ${refused} refused or failed` : ''}`}
        >
          {transactions.length > 0 ? (
            <TransactionTable transactions={transactions} />
          ) : (
            <Nothing>No device of this name has asked, or it was too long ago.</Nothing>
          )}
        </Card>
        <Card flush title="Challenges" description={countOf(challenges.length, 'challenge')}>
          {challenges.length > 0 ? (
            <ChallengeTable challenges={challenges} mayRevoke={can(actor, 'challenge:revoke')} />
          ) : (
            <Nothing>No challenge was minted for this name.</Nothing>
          )}
        </Card>
      </div>
    </>
  )
}

/** Which certificate came out of which. */
function Lineage({ certificates }: { certificates: DeviceDetail['certificates'] }) {
  const serials = new Map(certificates.map(({ id, serial }) => [id, serial]))
  const renewals = certificates.filter(({ renews }) => renews !== null)
  if (renewals.length === 0) return null
  return (
    <ul className="border-t border-line px-4 py-3 text-sm text-muted sm:px-5">
      {renewals.map(({ id, serial, renews }) => (
        <li key={id}>
          <TextLink href={`/certificates/${id}`}>{shortSerial(serial)}</TextLink> renewed{' '}
          <TextLink href={`/certificates/${renews}`}>
            {shortSerial(serials.get(renews ?? '') ?? 'an older one')}
          </TextLink>
        </li>
      ))}
    </ul>
  )
}

function Nothing({ children }: { children: string }) {
  return <p className="px-4 py-4 text-muted sm:px-5">{children}</p>
}

/** The service reads the newest fifty of each. */
function countOf(count: number, what: string): string {
  if (count >= 50) return `The newest ${count}`
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
