/** A state in a word and a shape: never by colour alone. */
import type { LucideIcon } from 'lucide-react'
import { cx } from './cx'

export type Tone = 'ok' | 'warn' | 'bad' | 'accent' | 'neutral'

const TONES: Record<Tone, string> = {
  ok: 'border-ok-line bg-ok-soft text-ok',
  warn: 'border-warn-line bg-warn-soft text-warn',
  bad: 'border-bad-line bg-bad-soft text-bad',
  accent: 'border-accent-line bg-accent-soft text-accent',
  neutral: 'border-line bg-sunken text-muted',
}

export function Badge({ tone, icon: Icon, children }: { tone: Tone; icon?: LucideIcon; children: string }) {
  return (
    <span
      className={cx(
        'inline-flex h-5.5 w-fit items-center gap-1 rounded-full border pr-2 text-xs font-medium whitespace-nowrap',
        Icon ? 'pl-1.5' : 'pl-2',
        TONES[tone],
      )}
    >
      {Icon && <Icon className="size-3.5 shrink-0" aria-hidden />}
      {children}
    </span>
  )
}
