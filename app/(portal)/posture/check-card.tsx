/** One check: its verdict, what speaks for it, why it matters, and the way to mend it. */
import { ButtonLink } from '@/app/_components/button'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { Instant } from '@/app/_components/instant'
import { TextLink } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import type { PostureCheckView, PostureEvidence } from '@/lib/services/posture-types'
import { AcceptRisk } from './accept-risk'
import { withdrawRisk } from './actions'
import { VERDICTS } from './verdicts'

const DAY_MS = 86_400_000
const PROPOSED_DAYS = 90
const LONGEST_DAYS = 365

export function CheckCard({ check, now, mayManage }: { check: PostureCheckView; now: Date; mayManage: boolean }) {
  const { id, why, fix, go, verdict, finding, evidence, accepted } = check
  const { icon: Icon, className, text } = VERDICTS[verdict]
  const wanting = verdict === 'open' || verdict === 'attention'
  return (
    <li
      id={id}
      className="flex scroll-mt-34 gap-3 border-t border-line px-4 py-4 first:border-t-0 sm:px-5 lg:scroll-mt-6"
    >
      <Icon className={`mt-0.5 size-5 shrink-0 ${className}`} role="img" aria-label={text} />
      <div className="grid min-w-0 flex-1 gap-2">
        <h3 className="font-medium wrap-anywhere">{finding}</h3>
        {verdict !== 'none' && <Evidence evidence={evidence} />}
        {wanting && (
          <>
            <p className="max-w-3xl text-sm text-muted">{why}</p>
            <p className="max-w-3xl text-sm">
              <span className="font-medium">How to mend it: </span>
              {fix}
            </p>
          </>
        )}
        {accepted && (
          <p className="max-w-3xl rounded-md border border-line bg-sunken px-3 py-2 text-sm">
            Accepted by {accepted.acceptedBy} until <Instant at={accepted.until} show="day" />:{' '}
            <VisibleText>{accepted.reason}</VisibleText>
          </p>
        )}
        {!wanting && (
          <details className="group text-sm">
            <summary className="w-fit cursor-pointer rounded text-muted hover:text-ink">Why this is checked</summary>
            <p className="mt-1 max-w-3xl text-muted">{why}</p>
          </details>
        )}
        {(wanting || accepted) && (
          <div className="mt-1 flex flex-wrap items-center gap-2">
            {wanting && go && (
              <ButtonLink href={go.href} size="small">
                {go.text}
              </ButtonLink>
            )}
            {mayManage && wanting && !accepted && (
              <AcceptRisk
                check={id}
                finding={finding}
                latest={dayAfter(now, LONGEST_DAYS)}
                proposed={dayAfter(now, PROPOSED_DAYS)}
              />
            )}
            {mayManage && accepted && (
              <ConfirmAction
                action={withdrawRisk}
                values={{ check: id }}
                label="Withdraw"
                variant="quiet"
                size="small"
                title={`No longer accept: ${finding}`}
                confirm="Withdraw"
                done="No longer accepted"
                harmless
              >
                <p>The check stands open again until it is mended or accepted anew.</p>
              </ConfirmAction>
            )}
          </div>
        )}
      </div>
    </li>
  )
}

function Evidence({ evidence }: { evidence: PostureEvidence[] }) {
  return (
    <ul className="grid gap-0.5 text-sm text-muted">
      {evidence.map(({ text, href }) => (
        <li key={text} className="wrap-anywhere">
          {href ? (
            <TextLink href={href}>
              <VisibleText>{text}</VisibleText>
            </TextLink>
          ) : (
            <VisibleText>{text}</VisibleText>
          )}
        </li>
      ))}
    </ul>
  )
}

function dayAfter(now: Date, days: number): string {
  return new Date(now.getTime() + days * DAY_MS).toISOString().slice(0, 10)
}
