/** What a simulation found: the verdict in a sentence, what was checked, and the request field by field. */
import { CircleCheck, CircleHelp, CircleMinus, CircleX, type LucideIcon } from 'lucide-react'
import { Card } from '@/app/_components/card'
import { cx } from '@/app/_components/cx'
import { FieldTable } from '@/app/_components/field-table'
import { VisibleText } from '@/app/_components/visible-text'
import type { SimulationCheck, SimulationReport } from '@/lib/services/simulation-types'
import { Question } from './question'

const LOOKS: Record<SimulationReport['verdict'], string> = {
  would_issue: 'border-ok-line bg-ok-soft',
  would_refuse: 'border-bad-line bg-bad-soft',
  would_ask: 'border-accent-line bg-accent-soft',
  undecided: 'border-line bg-sunken',
}

const ICONS: Record<SimulationCheck['verdict'], [icon: LucideIcon, className: string, text: string]> = {
  passes: [CircleCheck, 'text-ok', 'Passes'],
  fails: [CircleX, 'text-bad', 'Fails'],
  asks: [CircleHelp, 'text-accent', 'Somebody else decides'],
  not_checked: [CircleMinus, 'text-muted', 'Not checked'],
  set_aside: [CircleMinus, 'text-warn', 'Fails, and does not decide'],
}

export function Verdict({ report }: { report: SimulationReport }) {
  const { verdict, summary, nextStep, reason, checks, fields, dropped, notes, question } = report
  return (
    <div className="grid gap-5">
      <section aria-label="Verdict" className={cx('grid gap-1.5 rounded-xl border px-4 py-4 sm:px-5', LOOKS[verdict])}>
        <h2 className="text-lg font-semibold wrap-anywhere">
          <VisibleText>{summary}</VisibleText>
        </h2>
        {nextStep && <p>{nextStep}</p>}
        {reason && <p className="font-mono text-xs text-muted">{reason}</p>}
      </section>
      <Card title="What was checked">
        <ul className="grid gap-2.5">
          {checks.map(({ check, verdict: found, says }) => (
            <Check key={check} verdict={found} says={says} />
          ))}
        </ul>
      </Card>
      {notes.length > 0 && (
        <Card title="What whoever decides is shown">
          <ul className="grid gap-2">
            {notes.map((note) => (
              <li key={note} className="wrap-anywhere">
                <VisibleText>{note}</VisibleText>
              </li>
            ))}
          </ul>
        </Card>
      )}
      {question && <Question question={question} />}
      <Card flush title="Expected and received">
        <FieldTable fields={fields} />
      </Card>
      {dropped.length > 0 && (
        <p className="text-sm text-muted">The certificate would go without {dropped.join(', ')}.</p>
      )}
    </div>
  )
}

function Check({ verdict, says }: Pick<SimulationCheck, 'verdict' | 'says'>) {
  const [Icon, className, text] = ICONS[verdict]
  return (
    <li className="flex items-start gap-2.5">
      <Icon className={cx('mt-0.5 size-4.5 shrink-0', className)} role="img" aria-label={text} />
      <span className="min-w-0 wrap-anywhere">
        <VisibleText>{says}</VisibleText>
      </span>
    </li>
  )
}
