/** Text whose lines must stay as they are: it scrolls inside its box, by keyboard as well, and never widens the page. */
import { cx } from './cx'

export function Preformatted({ small = false, children }: { small?: boolean; children: string }) {
  return (
    <pre
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
      tabIndex={0}
      className={cx(
        'overflow-x-auto rounded-md border border-line bg-sunken px-3 py-2.5 font-mono',
        small ? 'text-xs leading-5' : 'text-sm leading-5.5',
      )}
    >
      {children}
    </pre>
  )
}
