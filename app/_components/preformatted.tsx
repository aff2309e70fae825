/** Text as it is, which never widens the page: its box scrolls, by keyboard as well, or its long lines wrap. */
import { cx } from './cx'

interface PreformattedProps {
  small?: boolean
  wrap?: boolean
  children: string
}

export function Preformatted({ small = false, wrap = false, children }: PreformattedProps) {
  return (
    <pre
      // What scrolls must be reachable by keyboard.
      tabIndex={wrap ? undefined : 0}
      className={cx(
        'rounded-md border border-line bg-sunken px-3 py-2.5 font-mono',
        wrap ? 'break-all whitespace-pre-wrap' : 'overflow-x-auto',
        small ? 'text-xs leading-5' : 'text-sm leading-5.5',
      )}
    >
      {children}
    </pre>
  )
}
