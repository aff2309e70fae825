/** Everything about one certificate. */
import { Download } from 'lucide-react'
import type { Metadata } from 'next'
import { AuditLink } from '@/app/_components/audit-link'
import { buttonClass } from '@/app/_components/button'
import { NetworkSeenCard } from '@/app/_components/network-seen-card'
import { PageHeader } from '@/app/_components/page-header'
import { CertificateStatusBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import { found, requireActorInGroups } from '@/app/_session'
import { Alarms } from '@/app/(portal)/_overview/alarms'
import { server } from '@/lib/server'
import { can, canInGroups } from '@/lib/services/permissions'
import { namesPerson } from '@/lib/services/readings'
import { ExtensionsCard } from './extensions-card'
import { FingerprintsCard } from './fingerprints-card'
import { HistoryCard } from './history-card'
import { IdentityCard } from './identity-card'
import { LineCard } from './line-card'
import { OriginCard } from './origin-card'
import { PemCard } from './pem-card'
import { ProvenanceCard } from './provenance-card'
import { ReleaseButton } from './release-button'
import { RenewalNotice } from './renewal-notice'
import { RevocationNotice, ScheduledNotice } from './revocation-notice'
import { RevokeDialog } from './revoke-dialog'
import { ValidityCard } from './validity-card'

export const metadata: Metadata = { title: 'Certificate' }

export default async function CertificatePage({ params }: { params: Promise<{ id: string }> }) {
  const actor = await requireActorInGroups('certificate:read')
  const certificate = await found(server().certificates.get(actor, (await params).id))
  const challenge = certificate.challenge && (await server().challenges.get(actor, certificate.challenge.id))
  const alarms = certificate.challenge ? await server().alarms.ofChallenge(actor, certificate.challenge.id) : []
  // Not what the address says, which may be its serial in any spelling: each would be another thing that was read.
  const { id, commonName, subject, status, kind } = certificate
  const mayChange = kind === 'leaf' && canInGroups(actor, 'certificate:revoke')
  if (namesPerson(certificate))
    await server().readings.note(actor, { type: 'certificate', id, name: `the certificate of ${subject}` })
  const revocable = mayChange && ['valid', 'expiring', 'not_yet_valid', 'held'].includes(status)
  return (
    <>
      <PageHeader
        help="revocation#one-certificate"
        description="One certificate: what is in it, whether it holds, and how it came to be."
        title={<VisibleText>{commonName ?? (subject || 'Certificate')}</VisibleText>}
        badge={<CertificateStatusBadge status={status} />}
        trail={[{ href: '/certificates', text: 'Certificates' }]}
      >
        <a href={`/certificates/${certificate.id}/download?format=pem`} download className={buttonClass()}>
          <Download aria-hidden />
          PEM
        </a>
        <a href={`/certificates/${certificate.id}/download?format=der`} download className={buttonClass()}>
          <Download aria-hidden />
          DER
        </a>
        <AuditLink actor={actor} type="certificate" id={id} />
        {mayChange && status === 'held' && <ReleaseButton id={certificate.id} name={commonName ?? subject} />}
        {revocable && <RevokeDialog id={certificate.id} name={commonName ?? subject} held={status === 'held'} />}
      </PageHeader>
      <div className="grid gap-5">
        <RevocationNotice certificate={certificate} />
        <ScheduledNotice scheduled={certificate.scheduled} />
        <Alarms actor={actor} alarms={alarms.filter(({ dismissedAt }) => dismissedAt === null)} />
        <RenewalNotice certificate={certificate} />
        <div className="grid gap-5 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <div className="grid content-start gap-5">
            <IdentityCard certificate={certificate} />
            <FingerprintsCard certificate={certificate} />
            <ExtensionsCard extensions={certificate.extensions} />
            <PemCard certificate={certificate} />
          </div>
          <div className="grid content-start gap-5">
            <ValidityCard certificate={certificate} />
            <NetworkSeenCard {...(await server().networkHistory.ofCertificates(actor, [certificate.id]))} />
            <LineCard certificate={certificate} />
            <OriginCard certificate={certificate} mintedVia={challenge?.mintedVia ?? 'ui'} />
            {can(actor, 'provenance:read') && (
              <ProvenanceCard provenance={await found(server().provenance.of(actor, certificate.id))} />
            )}
            <HistoryCard events={certificate.history} />
          </div>
        </div>
      </div>
    </>
  )
}
