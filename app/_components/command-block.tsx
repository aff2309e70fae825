/** Commands ready to paste: they scroll inside their box and never widen the page. */
import { CopyButton } from './copy-button'
import { Preformatted } from './preformatted'

export function CommandBlock({ label, command, note }: { label: string; command: string; note?: string }) {
  return (
    <figure className="grid gap-1.5">
      <figcaption className="flex items-end justify-between gap-3">
        <span className="text-sm font-medium">{label}</span>
        <CopyButton value={command} what={label} wide />
      </figcaption>
      <Preformatted>{command}</Preformatted>
      {note && <p className="text-sm text-muted">{note}</p>}
    </figure>
  )
}
