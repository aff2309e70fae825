/** One CA certificate: whose, until when, its fingerprints, and its downloads. */
import { Download, ShieldCheck } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import { buttonClass } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { CopyButton } from '@/app/_components/copy-button'
import { InlineCopy } from '@/app/_components/copy-value'
import { Digest } from '@/app/_components/digest'
import { Fact, Facts } from '@/app/_components/facts'
import { formatFingerprint } from '@/app/_components/fingerprint'
import { Instant } from '@/app/_components/instant'
import { VisibleText } from '@/app/_components/visible-text'
import type { Standing, TrustedAuthority } from '@/lib/services/trust'

const ROLES: Record<Standing, string> = {
  root: 'The root: what it vouches for is trusted.',
  another_root: 'The root of an issuer that takes over soon, or issued before.',
  issuer: 'Issues certificates now.',
  next: 'Announced: it takes over soon, and can be installed before.',
  earlier: 'Issues no more, but some devices still hold certificates of it.',
}

export function CertificateCard({ group, authority, now }: { group: string; authority: TrustedAuthority; now: Date }) {
  const { standing, name, subject, notBefore, notAfter, activatesAt, fingerprintSha256, fingerprintSha1 } = authority
  const digests = [
    ['SHA-256', fingerprintSha256],
    ['SHA-1', fingerprintSha1],
  ] as const
  return (
    <Card
      title={
        <span className="flex flex-wrap items-center gap-2">
          <span className="min-w-0 wrap-anywhere">
            <VisibleText>{name}</VisibleText>
          </span>
          <StandingBadge standing={standing} />
          {notAfter < now && <Badge tone="bad">Expired</Badge>}
        </span>
      }
      description={ROLES[standing]}
      action={<Downloads group={group} authority={authority} />}
    >
      <Facts>
        {digests.map(([algorithm, hex]) => (
          <Fact key={algorithm} name={algorithm}>
            <InlineCopy
              value={formatFingerprint(hex)}
              shown={<Digest hex={hex} />}
              what={`${algorithm} fingerprint of ${name}`}
            />
          </Fact>
        ))}
        <Fact name="Subject">
          <VisibleText>{subject}</VisibleText>
        </Fact>
        <Fact name="Valid">
          <Instant at={notBefore} show="day" /> to <Instant at={notAfter} show="day" />
        </Fact>
        {activatesAt && (
          <Fact name="Takes over">
            <Instant at={activatesAt} show="day" />
          </Fact>
        )}
      </Facts>
    </Card>
  )
}

function StandingBadge({ standing }: { standing: Standing }) {
  if (standing === 'root' || standing === 'another_root')
    return (
      <Badge tone="accent" icon={ShieldCheck}>
        Root
      </Badge>
    )
  if (standing === 'issuer') return <Badge tone="ok">Issuer</Badge>
  return standing === 'next' ? <Badge tone="accent">Next issuer</Badge> : <Badge tone="neutral">Earlier issuer</Badge>
}

/** Root and issuer under names that stay; the others under their own, where certificates point as well. */
function Downloads({
  group,
  authority: { standing, slug, name, pem },
}: {
  group: string
  authority: TrustedAuthority
}) {
  const base = standing === 'root' || standing === 'issuer' ? `/trust/${group}/${standing}` : `/ca/${slug}`
  return (
    <div className="flex flex-wrap gap-2">
      <DownloadLink href={`${base}.pem`} form="PEM" of={name} />
      <DownloadLink href={`${base}.cer`} form="DER" of={name} />
      <CopyButton value={pem} what={`of ${name}`} wide="Copy PEM" />
    </div>
  )
}

function DownloadLink({ href, form, of }: { href: string; form: string; of: string }) {
  return (
    <a href={href} download className={buttonClass('secondary', 'small')}>
      <Download aria-hidden />
      {form}
      <span className="sr-only"> of {of}</span>
    </a>
  )
}
