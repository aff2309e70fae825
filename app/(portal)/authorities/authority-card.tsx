/** One authority: key, validity, revocation list, fingerprints, downloads. */
import { Download, ShieldCheck } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import { buttonClass } from '@/app/_components/button'
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
import { ValidityBar } from '@/app/_components/validity-bar'
import type { AuthorityView } from '@/lib/services/groups'

const TONES = { far: 'ok', soon: 'warn', over: 'bad' } as const

interface AuthorityCardProps {
  authority: AuthorityView
  /** The public page of its group, where that is on. */
  trustPage: string | undefined
  now: Date
}

export function AuthorityCard({ authority, trustPage, now }: AuthorityCardProps) {
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
          <CopyButton value={authority.certificatePem} what={`of ${name}`} wide="Copy PEM" />
        </div>
      </header>
      <div className="grid gap-6 p-4 sm:p-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
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
        <div className="grid content-start gap-5">
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
              </p>
            )}
          </div>
          <div className="grid gap-1">
            <h3 className="text-sm text-muted">For relying parties</h3>
            <InlineCopy value={authority.caUrl} what="CA URL" />
            <InlineCopy value={authority.crlUrl} what="CRL URL" />
            {trustPage && <ShareTrustPage url={trustPage} />}
          </div>
        </div>
      </div>
    </article>
  )
}

function ShareTrustPage({ url }: { url: string }) {
  return (
    <div className="mt-3 grid gap-1">
      <h3 className="text-sm text-muted">Share trust page</h3>
      <InlineCopy value={url} what="address of the trust page" />
      <Disclosure summary="QR code">
        <QrCode text={url} what="the trust page" className="size-40 rounded-md border border-line" />
      </Disclosure>
    </div>
  )
}
