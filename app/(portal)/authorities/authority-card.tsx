/** One authority: key, validity, revocation list, OCSP responder, fingerprints, downloads. */
import { Ban, Download, ShieldCheck, ShieldX } from 'lucide-react'
import { AuditLink } from '@/app/_components/audit-link'
import { Badge } from '@/app/_components/badge'
import { ButtonLink, buttonClass } from '@/app/_components/button'
import { CopyButton } from '@/app/_components/copy-button'
import { InlineCopy } from '@/app/_components/copy-value'
import { CrlState } from '@/app/_components/crl-state'
import { Digest } from '@/app/_components/digest'
import { Disclosure } from '@/app/_components/disclosure'
import { Fact, Facts } from '@/app/_components/facts'
import { formatFingerprint } from '@/app/_components/fingerprint'
import { expiryOf, WARN_DAYS } from '@/app/_components/freshness'
import { Instant } from '@/app/_components/instant'
import { KEY_NAMES } from '@/app/_components/name-of-key'
import { QrCode } from '@/app/_components/qr-code'
import { ResponderState } from '@/app/_components/responder-state'
import { TextLink } from '@/app/_components/row-link'
import { bytesOf } from '@/app/_components/size'
import { ValidityBar } from '@/app/_components/validity-bar'
import { bulkAddress } from '@/app/(portal)/revocations/selection'
import type { Actor } from '@/lib/services/actor'
import type { CrlListView } from '@/lib/services/crl-lists'
import type { AuthorityView } from '@/lib/services/groups'
import { ShardTable } from './shard-table'

/** The newest ones: what lies before them is renewed alike. */
const MOST_SHARDS = 50
const TONES = { far: 'ok', soon: 'warn', over: 'bad' } as const

interface AuthorityCardProps {
  authority: AuthorityView
  /** Its whole revocation list, and the shards of it. */
  lists: CrlListView[]
  /** The public page of its group, where that is on. */
  trustPage: string | undefined
  now: Date
  /** The certificates that it issued. */
  mayRevoke: boolean
  actor: Actor
}

export function AuthorityCard({ authority, lists, trustPage, now, mayRevoke, actor }: AuthorityCardProps) {
  const size = lists.find(({ shard }) => shard === null)?.crl?.size
  const shards = lists.filter(({ shard }) => shard !== null)
  const { kind, status, slug, name, subject, keyAlgorithm, notBefore, notAfter, serial, crl } = authority
  return (
    <article className="overflow-clip rounded-xl border border-line bg-surface shadow-card">
      <header className="flex flex-wrap items-center justify-between gap-3 border-b border-line px-4 py-3 sm:px-5">
        <div className="flex flex-wrap items-center gap-2">
          <h2 className="text-lg font-semibold">{name}</h2>
          {kind === 'root' && (
            <Badge tone="accent" icon={ShieldCheck}>
              Root
            </Badge>
          )}
          {status === 'staged' && <Badge tone="accent">Staged</Badge>}
          {status === 'retired' && <Badge tone="neutral">Retired</Badge>}
          {status === 'revoked' && (
            <Badge tone="bad" icon={ShieldX}>
              Revoked
            </Badge>
          )}
        </div>
        <div className="flex flex-wrap gap-2">
          <a href={`/ca/${slug}.cer`} download className={buttonClass('secondary', 'small')}>
            <Download aria-hidden />
            Certificate
          </a>
          <a href={`/crl/${slug}.crl`} download className={buttonClass('secondary', 'small')}>
            <Download aria-hidden />
            CRL
          </a>
          <AuditLink actor={actor} type="ca" id={authority.id} size="small" />
          {mayRevoke && kind === 'issuer' && status !== 'revoked' && (
            <ButtonLink href={bulkAddress({ issuer: slug })} size="small" variant="danger-quiet">
              <Ban aria-hidden />
              Revoke its certificates
            </ButtonLink>
          )}
          <CopyButton value={authority.certificatePem} what={`of ${name}`} wide="Copy PEM" />
        </div>
      </header>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-6 p-4 sm:p-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Facts>
          <Fact name="Subject">{subject}</Fact>
          <Fact name="Key">{KEY_NAMES[keyAlgorithm]}</Fact>
          <Fact name="Serial">
            <InlineCopy value={serial} what="serial" />
          </Fact>
          <Fact name="SHA-256">
            <InlineCopy
              value={formatFingerprint(authority.fingerprintSha256)}
              shown={<Digest hex={authority.fingerprintSha256} />}
              what={`SHA-256 fingerprint of ${name}`}
            />
          </Fact>
          <Fact name="SHA-1">
            <InlineCopy
              value={formatFingerprint(authority.fingerprintSha1)}
              shown={<Digest hex={authority.fingerprintSha1} />}
              what={`SHA-1 fingerprint of ${name}`}
            />
          </Fact>
        </Facts>
        <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-5">
          <div className="grid gap-2">
            <h3 className="text-sm text-muted">Validity</h3>
            <ValidityBar
              from={notBefore}
              to={notAfter}
              now={now}
              tone={TONES[expiryOf(notAfter, now, WARN_DAYS.authority)]}
            />
            <p className="flex justify-between text-sm">
              <Instant at={notBefore} show="day" />
              <Instant at={notAfter} show="day" />
            </p>
          </div>
          <div className="grid gap-2">
            <h3 className="text-sm text-muted">Revocation list</h3>
            <CrlState crl={crl} now={now} />
            {crl && (
              <p className="text-sm text-muted">
                Good until <Instant at={crl.nextUpdate} />
                {size !== undefined && `, ${bytesOf(size)}`}
              </p>
            )}
          </div>
          <div className="grid gap-2">
            <h3 className="text-sm text-muted">OCSP responder</h3>
            <ResponderState authority={authority} now={now} />
            {authority.ocspResponder && (
              <p className="text-sm">
                <TextLink href={`/certificates/${authority.ocspResponder.certificateId}`}>Its certificate</TextLink>
              </p>
            )}
          </div>
          <div className="grid grid-cols-[minmax(0,1fr)] gap-1">
            <h3 className="text-sm text-muted">For relying parties</h3>
            <InlineCopy value={authority.ocspUrl} what="OCSP URL" />
            <InlineCopy value={authority.caUrl} what="CA URL" />
            <InlineCopy value={authority.crlUrl} what="CRL URL" />
            {trustPage && <ShareTrustPage url={trustPage} />}
          </div>
        </div>
      </div>
      {shards.length > 0 && (
        <div className="border-t border-line px-4 py-3 sm:px-5">
          <Disclosure
            summary={
              shards.length === 1
                ? 'One shard of the revocation list'
                : `${shards.length} shards of the revocation list`
            }
          >
            <p className="mb-3 max-w-prose text-sm text-muted">
              Each certificate names one of them, so that whoever checks it fetches no more. The whole list, above, is
              for servers that load it themselves.
            </p>
            <ShardTable name={name} shards={shards.slice(0, MOST_SHARDS)} now={now} />
            {shards.length > MOST_SHARDS && (
              <p className="mt-3 text-sm text-muted">
                Older shards, {shards.length - MOST_SHARDS} of them, are not shown.
              </p>
            )}
          </Disclosure>
        </div>
      )}
    </article>
  )
}

function ShareTrustPage({ url }: { url: string }) {
  return (
    <div className="mt-3 grid grid-cols-[minmax(0,1fr)] gap-1">
      <h3 className="text-sm text-muted">Share trust page</h3>
      <InlineCopy value={url} what="address of the trust page" />
      <Disclosure summary="QR code">
        <QrCode text={url} what="the trust page" className="size-40 rounded-md border border-line" />
      </Disclosure>
    </div>
  )
}
