/** Why devices went without a certificate, most frequent first, each the way to its list. */
import { Card } from '@/app/_components/card'
import { TextLink } from '@/app/_components/row-link'
import type { CauseCount } from '@/lib/services/overview'
import { failedBecause } from './addresses'
import { CountLink, number } from './count-link'
import { inWords } from './days'
import { Drawing, type Mark } from './drawing'
import { mark } from './marks'

const MOST = 8

export function FailuresByCause({ causes, from, days }: { causes: CauseCount[]; from: Date; days: number }) {
  const shown = causes.slice(0, MOST)
  const most = Math.max(1, ...shown.map(({ count }) => count))
  const rest = causes.slice(MOST).reduce((sum, { count }) => sum + count, 0)
  return (
    <Card title="Failures by cause" description={`${inWords(days)}.`} flush className="self-start">
      <ul>
        {shown.map(({ reason, cause, count }) => (
          <li key={reason} className="grid gap-1.5 border-t border-line px-4 py-2.5 first:border-t-0 sm:px-5">
            <div className="flex items-baseline justify-between gap-3">
              <span className="min-w-0 text-sm">
                <TextLink href={failedBecause(reason, from)}>{cause}</TextLink>
              </span>
              <span className="font-medium tabular-nums">
                <CountLink count={count} href={failedBecause(reason, from)} about={cause} />
              </span>
            </div>
            <Drawing width="100%" height={6} marks={lengthOf(count / most)} />
          </li>
        ))}
      </ul>
      {causes.length === 0 && (
        <p className="px-4 py-3 text-sm text-muted sm:px-5">Every device that asked was served.</p>
      )}
      {rest > 0 && (
        <p className="border-t border-line px-4 py-2.5 text-sm text-muted sm:px-5">{number(rest)} for other causes.</p>
      )}
    </Card>
  )
}

/** Of the most frequent one. However small, it is seen. */
function lengthOf(part: number): Mark[] {
  const bar = (width: number, className: string) => mark('rect', { width: `${width}%`, height: 6, rx: 3, className })
  return [bar(100, 'fill-sunken'), bar(Math.max(part * 100, 1), 'fill-bad')]
}
