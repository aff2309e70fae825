/** The steps from a new group to its first device: which is open, which are done, and which were left for later. */
import { Check, Clock } from 'lucide-react'
import Link from 'next/link'
import { cx } from '@/app/_components/cx'
import { STEPS, type StepId, type StepState } from './standing'

export function addressOf(group: string, step: StepId): string {
  return `/groups/${group}/set-up?step=${step}`
}

/** Null after the last one. */
export function after(step: StepId): (typeof STEPS)[number] | null {
  return STEPS[STEPS.findIndex(({ id }) => id === step) + 1] ?? null
}

interface StepperProps {
  group: string
  current: StepId
  states: Record<StepId, StepState>
}

export function Stepper({ group, current, states }: StepperProps) {
  return (
    <nav aria-label="Steps">
      <ol className="flex flex-wrap gap-x-2 gap-y-2">
        <li className={ITEM}>
          <Mark state="done">{1}</Mark>
          <span className="text-muted">Group and issuer</span>
        </li>
        {STEPS.map(({ id, title }, index) => (
          <li key={id}>
            <Link
              href={addressOf(group, id)}
              aria-current={id === current ? 'step' : undefined}
              className={cx(ITEM, 'hover:bg-hover', id === current ? 'bg-hover font-medium text-ink' : 'text-muted')}
            >
              <Mark state={states[id]} current={id === current}>
                {index + 2}
              </Mark>
              {title}
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  )
}

const ITEM = 'flex items-center gap-2 rounded-md py-1 pr-2.5 pl-1 text-sm'

const LOOKS: Record<StepState, string> = {
  done: 'border-ok-line bg-ok-soft text-ok',
  later: 'border-dashed border-edge text-muted',
  ahead: 'border-edge text-muted',
}

function Mark({ state, current = false, children }: { state: StepState; current?: boolean; children: number }) {
  return (
    <span
      className={cx(
        'grid size-6 place-items-center rounded-full border text-xs font-semibold',
        current && state !== 'done' ? 'border-accent bg-accent text-on-accent' : LOOKS[state],
      )}
    >
      {state === 'done' ? (
        <Check className="size-3.5" role="img" aria-label="Done" />
      ) : state === 'later' ? (
        <Clock className="size-3.5" role="img" aria-label="Left for later" />
      ) : (
        children
      )}
    </span>
  )
}
