/** Roots with the issuers under them: key, validity, revocation list and what comes next, a line each. */
import { CornerDownRight } from 'lucide-react'
import { CrlFreshness } from '@/app/_components/crl-state'
import { cx } from '@/app/_components/cx'
import { expiryOf, WARN_DAYS } from '@/app/_components/freshness'
import { Instant } from '@/app/_components/instant'
import { KEY_NAMES } from '@/app/_components/name-of-key'
import { TextLink } from '@/app/_components/row-link'
import { ValidityBar } from '@/app/_components/validity-bar'
import type { AuthorityView } from '@/lib/services/groups'
import { AuthorityBadges } from './authority-badges'
import { RolloverPlan } from './rollover-plan'

const TONES = { far: 'ok', soon: 'warn', over: 'bad' } as const

interface AuthorityTreeProps {
  all: AuthorityView[]
  /** The root of new issuers. */
  chosenId: string | null
  now: Date
}

export function AuthorityTree({ all, chosenId, now }: AuthorityTreeProps) {
  const roots = all.filter(({ parentId }) => parentId === null)
  const line = (authority: AuthorityView) => (
    <AuthorityLine authority={authority} all={all} chosen={authority.id === chosenId} now={now} />
  )
  return (
    <ul className="grid gap-5">
      {roots.map((root) => {
        const issuers = all.filter(({ parentId }) => parentId === root.id)
        return (
          <li key={root.id} className="min-w-0 overflow-clip rounded-xl border border-line bg-surface shadow-card">
            {line(root)}
            {issuers.length === 0 ? (
              <p className="border-t border-line px-4 py-3 text-sm text-muted sm:px-5">No issuers under it.</p>
            ) : (
              <ul aria-label={`Issuers under ${root.name}`}>
                {issuers.map((issuer) => (
                  <li key={issuer.id} className="border-t border-line">
                    {line(issuer)}
                  </li>
                ))}
              </ul>
            )}
          </li>
        )
      })}
    </ul>
  )
}

interface AuthorityLineProps {
  authority: AuthorityView
  all: AuthorityView[]
  chosen: boolean
  now: Date
}

function AuthorityLine({ authority, all, chosen, now }: AuthorityLineProps) {
  const { kind, slug, name, keyAlgorithm, notBefore, notAfter, crl } = authority
  const tone = TONES[expiryOf(notAfter, now, WARN_DAYS.authority)]
  return (
    <div
      id={slug}
      className={cx(
        'grid scroll-mt-20 grid-cols-[minmax(0,1fr)] gap-x-6 gap-y-3 px-4 py-3.5 sm:px-5',
        'lg:grid-cols-[minmax(0,5fr)_minmax(0,3fr)_minmax(0,4fr)]',
        kind === 'root' && 'bg-sunken',
      )}
    >
      <div className="flex min-w-0 items-start gap-2">
        {kind === 'issuer' && <CornerDownRight className="mt-1 size-4 shrink-0 text-faint" aria-hidden />}
        <div className="grid min-w-0 gap-1.5">
          <h2 className="font-semibold wrap-anywhere">
            <TextLink href={`/authorities/${slug}`}>{name}</TextLink>
          </h2>
          <div className="flex flex-wrap items-center gap-1.5">
            <AuthorityBadges authority={authority} chosen={chosen} />
            <span className="text-sm text-muted">{KEY_NAMES[keyAlgorithm]}</span>
          </div>
        </div>
      </div>
      <div className="grid content-start gap-1.5">
        <ValidityBar from={notBefore} to={notAfter} now={now} tone={tone} />
        <p className="text-sm text-muted">
          Valid until <Instant at={notAfter} show="day" />
        </p>
      </div>
      <div className="grid content-start gap-1.5 text-sm">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <CrlFreshness crl={crl} now={now} />
          <span className="text-muted">
            {crl ? (
              <>
                List no. {crl.number}, good until <Instant at={crl.nextUpdate} show="day" />
              </>
            ) : authority.key === 'here' ? (
              'First list to come'
            ) : (
              'Import its list'
            )}
          </span>
        </div>
        <p className="text-muted">
          <RolloverPlan authority={authority} all={all} />
        </p>
      </div>
    </div>
  )
}
