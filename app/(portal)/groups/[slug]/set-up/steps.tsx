/** The steps from a new group to its first device, and which of them is open. */
import { Check } from 'lucide-react'
import Link from 'next/link'
import { cx } from '@/app/_components/cx'

export const STEPS = [
  { id: 'enrolment', title: 'Who may enrol' },
  { id: 'network', title: 'Network access' },
  { id: 'devices', title: 'Lost devices' },
  { id: 'profiles', title: 'Profiles' },
  { id: 'notices', title: 'Who hears' },
] as const
export type StepId = (typeof STEPS)[number]['id']

export function addressOf(group: string, step: StepId): string {
  return `/groups/${group}/set-up?step=${step}`
}

/** Null after the last one. */
export function after(step: StepId): StepId | null {
  return STEPS[STEPS.findIndex(({ id }) => id === step) + 1]?.id ?? null
}

export function Stepper({ group, current }: { group: string; current: StepId }) {
  const at = STEPS.findIndex(({ id }) => id === current)
  return (
    <nav aria-label="Steps">
      <ol className="flex flex-wrap gap-x-2 gap-y-2">
        <li className={ITEM}>
          <Mark done>{1}</Mark>
          <span className="text-muted">Group and issuer</span>
        </li>
        {STEPS.map(({ id, title }, index) => (
          <li key={id}>
            <Link
              href={addressOf(group, id)}
              aria-current={id === current ? 'step' : undefined}
              className={cx(ITEM, 'hover:bg-hover', id === current ? 'font-medium text-ink' : 'text-muted')}
            >
              <Mark done={index < at} current={id === current}>
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

function Mark({ done = false, current = false, children }: { done?: boolean; current?: boolean; children: number }) {
  return (
    <span
      className={cx(
        'grid size-6 place-items-center rounded-full border text-xs font-semibold',
        done
          ? 'border-ok-line bg-ok-soft text-ok'
          : current
            ? 'border-accent bg-accent text-on-accent'
            : 'border-edge text-muted',
      )}
    >
      {done ? <Check className="size-3.5" role="img" aria-label="Done" /> : children}
    </span>
  )
}
