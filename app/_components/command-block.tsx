/** Commands ready to paste: long lines wrap, so that nothing of them is out of sight. */
import { CopyButton } from './copy-button'
import { Preformatted } from './preformatted'

export function CommandBlock({ label, command, note }: { label: string; command: string; note?: string }) {
  return (
    <figure className="grid gap-1.5">
      <figcaption className="flex items-end justify-between gap-3">
        <span className="text-sm font-medium">{label}</span>
        <CopyButton value={command} what={label} wide />
      </figcaption>
      <Preformatted wrap>{command}</Preformatted>
      {note && <p className="text-sm text-muted">{note}</p>}
    </figure>
  )
}
