/** One device: who it is, its certificates and how they renewed each other, its attempts, its challenges, its events. */
import { Ban, UserSearch } from 'lucide-react'
import type { Metadata } from 'next'
import { AuditLink } from '@/app/_components/audit-link'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { CertificateTable } from '@/app/_components/certificate-table'
import { ChallengeTable } from '@/app/_components/challenge-table'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { DeviceVerdictBadge } from '@/app/_components/device-states'
import { NetworkSeenCard } from '@/app/_components/network-seen-card'
import { Notice } from '@/app/_components/notice'
import { PageHeader } from '@/app/_components/page-header'
import { TextLink } from '@/app/_components/row-link'
import { shortSerial } from '@/app/_components/short-serial'
import { CertificateStatusBadge } from '@/app/_components/states'
import { TransactionTable } from '@/app/_components/transaction-table'
import { VisibleText } from '@/app/_components/visible-text'
import { found, requireActorInGroups } from '@/app/_session'
import { revokeDeviceChallenges } from '@/app/(portal)/devices/actions'
import { bulkAddress } from '@/app/(portal)/revocations/selection'
import { server } from '@/lib/server'
import type { DeviceDetail } from '@/lib/services/devices'
import { can, canInGroups } from '@/lib/services/permissions'
import { ActionsCard, EventsCard } from './events-card'
import { IdentityCard } from './identity-card'

export const metadata: Metadata = { title: 'Device' }

export default async function DevicePage({ params }: { params: Promise<{ key: string }> }) {
  const actor = await requireActorInGroups('certificate:read')
  const { key } = await params
  const device = await found(server().devices.get(actor, key))
  const { name, mdm, knownAs, certificates, transactions, challenges } = device
  const [newest] = certificates
  const seen = await server().networkHistory.ofCertificates(
    actor,
    certificates.map(({ id }) => id),
  )
  const refused = transactions.filter(({ state }) => state === 'refused' || state === 'failed').length
  const waiting = challenges.filter(({ state }) => state === 'pending').length
  return (
    <>
      <PageHeader
        help="devices"
        title={<VisibleText>{name}</VisibleText>}
        badge={
          mdm ? (
            <DeviceVerdictBadge verdict={device.effective.verdict} />
          ) : (
            newest && <CertificateStatusBadge status={newest.status} cause={newest.statusCause} />
          )
        }
        trail={[{ href: '/devices', text: 'Devices' }]}
        description={
          mdm
            ? device.effective.sentence
            : 'Everything under this name. Another name is another device, even if it is the same machine.'
        }
      >
        <AuditLink actor={actor} type="device" id={key} />
        {mdm && waiting > 0 && canInGroups(actor, 'challenge:revoke') && (
          <ConfirmAction
            action={revokeDeviceChallenges}
            values={{ id: mdm.id }}
            label="Revoke its challenges"
            title="Revoke the challenges that wait for it?"
            confirm="Revoke challenges"
            done="Challenges revoked"
          >
            <p>It cannot enrol with any of them then. Its certificates stay as they are.</p>
          </ConfirmAction>
        )}
        {can(actor, 'activity:read') && (
          <ButtonLink href={`/audit/activity?of=device:${key}`}>
            <UserSearch aria-hidden />
            Activity
          </ButtonLink>
        )}
        {certificates.length > 0 && canInGroups(actor, 'bulk-revocation:manage') && (
          <ButtonLink href={bulkAddress({ device: key })} variant="danger-quiet">
            <Ban aria-hidden />
            Revoke its certificates
          </ButtonLink>
        )}
      </PageHeader>
      <div className="grid gap-5">
        {knownAs.length > 0 && (
          <Notice title="An MDM knows this device">
            {knownAs.map((each) => (
              <p key={each.key}>
                <TextLink href={`/devices/${each.key}`}>{each.name}</TextLink> has all that was issued to it, under
                whatever name.
              </p>
            ))}
          </Notice>
        )}
        {mdm && <IdentityCard mdm={mdm} effective={device.effective} />}
        <Card flush title="Certificates" description={countOf(certificates.length, 'certificate')}>
          {certificates.length > 0 ? (
            <>
              <CertificateTable certificates={certificates} />
              <Lineage certificates={certificates} />
            </>
          ) : (
            <Nothing>No certificate was issued to it.</Nothing>
          )}
        </Card>
        <ActionsCard actions={device.actions} />
        <NetworkSeenCard {...seen} />
        <Card
          flush
          title="Enrolments"
          description={`${countOf(transactions.length, 'attempt')}${refused > 0 ? `, ${refused} refused or failed` : ''}`}
        >
          {transactions.length > 0 ? (
            <TransactionTable transactions={transactions} />
          ) : (
            <Nothing>It has not asked, or it was too long ago.</Nothing>
          )}
        </Card>
        <Card flush title="Challenges" description={countOf(challenges.length, 'challenge')}>
          {challenges.length > 0 ? (
            <ChallengeTable challenges={challenges} mayRevoke={canInGroups(actor, 'challenge:revoke')} />
          ) : (
            <Nothing>No challenge was minted for it.</Nothing>
          )}
        </Card>
        {mdm && <EventsCard events={device.events} />}
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
