/** The mark: a latchkey, upright. */
import { cx } from './cx'

export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={cx('shrink-0', className)} aria-hidden>
      <rect width="32" height="32" rx="8" fill="#14404f" />
      <g fill="none" stroke="#e3b65b" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round">
        <circle cx="16" cy="12.25" r="5.25" />
        <path d="M16 17.5V26.5M16 21.75h4M16 25h5.5" />
      </g>
    </svg>
  )
}
