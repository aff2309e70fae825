/** Something the reader should know before going on. */
import { Info, type LucideIcon, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from './cx'

const LOOKS: Record<'info' | 'warn', [icon: LucideIcon, className: string, iconClass: string]> = {
  info: [Info, 'border-accent-line bg-accent-soft', 'text-accent'],
  warn: [TriangleAlert, 'border-warn-line bg-warn-soft', 'text-warn'],
}

export function Notice({
  tone = 'info',
  title,
  children,
}: {
  tone?: 'info' | 'warn'
  title: string
  children?: ReactNode
}) {
  const [Icon, className, iconClass] = LOOKS[tone]
  return (
    <div className={cx('flex items-start gap-3 rounded-lg border px-4 py-3', className)}>
      <Icon className={cx('mt-0.5 size-4.5 shrink-0', iconClass)} aria-hidden />
      <div className="grid min-w-0 gap-0.5">
        <p className="font-medium">{title}</p>
        {children && <div className="text-sm text-muted">{children}</div>}
      </div>
    </div>
  )
}
