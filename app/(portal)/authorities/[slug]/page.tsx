/** An authority: what it is, what relying parties are given, what it signed, and where its key is. */
import { Ban, Download } from 'lucide-react'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { AuditLink } from '@/app/_components/audit-link'
import { ButtonLink, buttonClass } from '@/app/_components/button'
import { CopyButton } from '@/app/_components/copy-button'
import { Notice } from '@/app/_components/notice'
import { PageHeader } from '@/app/_components/page-header'
import { TextLink } from '@/app/_components/row-link'
import { requireActor } from '@/app/_session'
import { bulkAddress } from '@/app/(portal)/revocations/selection'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { AuthorityView } from '@/lib/services/groups'
import { can } from '@/lib/services/permissions'
import { AuthorityBadges } from '../authority-badges'
import { AuthorityCard } from './authority-card'
import { BelongingsCard } from './belongings-card'
import { KeyCard } from './key-card'
import { ListCard } from './list-card'

export const metadata: Metadata = { title: 'Authority' }

export default async function AuthorityPage({ params }: { params: Promise<{ slug: string }> }) {
  const actor = await requireActor('authority:read')
  const { slug } = await params
  const { groups, crlLists, trust, authorityImports } = server()
  const all = await groups.authorities(actor)
  const authority = all.find((each) => each.slug === slug)
  if (authority === undefined) notFound()
  const [lists, trustPages, chosenId, allGroups] = await Promise.all([
    crlLists.list(actor),
    trust.pagesByAuthority(actor),
    authorityImports.rootOfNewIssuers(actor),
    groups.outlines(actor),
  ])
  const mayManage = can(actor, 'authority:manage')
  return (
    <>
      <PageHeader
        help="authorities"
        title={authority.name}
        description="One authority: its key, what it signed, its revocation list, and what takes over from it."
        badge={<AuthorityBadges authority={authority} chosen={authority.id === chosenId} />}
        trail={[{ href: '/authorities', text: 'Authorities' }]}
      >
        <Downloads authority={authority} actor={actor} />
      </PageHeader>
      <div className="grid gap-5">
        <Notices authority={authority} />
        <AuthorityCard
          authority={authority}
          lists={lists.filter((list) => list.authority.id === authority.id)}
          trustPage={trustPages.get(authority.id)}
          now={new Date()}
        />
        <BelongingsCard
          authority={authority}
          all={all}
          group={allGroups.find(({ id }) => id === authority.groupId)}
          now={new Date()}
        />
        {authority.kind === 'root' && (
          <KeyCard authority={authority} chosen={authority.id === chosenId} mayManage={mayManage} />
        )}
        {authority.key !== 'here' && <ListCard authority={authority} mayManage={mayManage} />}
      </div>
    </>
  )
}

/** What is public, and nothing else. */
function Downloads({ authority, actor }: { authority: AuthorityView; actor: Actor }) {
  const { slug, name, certificateId, crl } = authority
  return (
    <>
      <a href={`/ca/${slug}.cer`} download className={buttonClass('secondary', 'small')}>
        <Download aria-hidden />
        DER
      </a>
      <a
        href={`/certificates/${certificateId}/download?format=${authority.kind === 'root' ? 'pem' : 'chain'}`}
        download
        className={buttonClass('secondary', 'small')}
      >
        <Download aria-hidden />
        {authority.kind === 'root' ? 'PEM' : 'PEM with root'}
      </a>
      {crl && (
        <a href={`/crl/${slug}.crl`} download className={buttonClass('secondary', 'small')}>
          <Download aria-hidden />
          CRL
        </a>
      )}
      <CopyButton value={authority.certificatePem} what={`of ${name}`} wide="Copy PEM" />
      <AuditLink actor={actor} type="ca" id={authority.id} size="small" />
      {authority.kind === 'issuer' && authority.status !== 'revoked' && can(actor, 'bulk-revocation:manage') && (
        <ButtonLink href={bulkAddress({ issuer: slug })} size="small" variant="danger-quiet">
          <Ban aria-hidden />
          Revoke its certificates
        </ButtonLink>
      )}
    </>
  )
}

function Notices({ authority }: { authority: AuthorityView }) {
  const { kind, status, groupId, key, listDueSince } = authority
  return (
    <>
      {kind === 'issuer' && status === 'active' && groupId === null && (
        <Notice title="This issuer waits for a group">
          Choose it when you <TextLink href="/groups/new">create a group</TextLink>, or stage it as the next issuer of a
          group that there is already.
        </Notice>
      )}
      {key !== 'here' && listDueSince !== null && (
        <Notice tone="warn" title="A revocation is not on its list yet">
          An issuer that it signed was revoked here.{' '}
          {key === 'offline'
            ? 'Bring its key back for as long as it takes to publish the next list.'
            : 'Revoke it where its key is, make a new list, and import it below.'}
        </Notice>
      )}
    </>
  )
}
