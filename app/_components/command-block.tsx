/** Commands ready to paste: they scroll inside their box and never widen the page. */
import { CopyButton } from './copy-button'

export function CommandBlock({ label, command, note }: { label: string; command: string; note?: string }) {
  return (
    <figure className="grid gap-1.5">
      <figcaption className="flex items-end justify-between gap-3">
        <span className="text-sm font-medium">{label}</span>
        <CopyButton value={command} what={label} wide />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <pre tabIndex={0} className="overflow-x-auto rounded-md border border-line bg-sunken px-3 py-2.5 font-mono text-sm leading-5.5">
        <code>{command}</code>
      </pre>
      {note && <p className="text-sm text-muted">{note}</p>}
    </figure>
  )
}
