/** Text out of a certificate or a request: control and direction characters are shown by code, not obeyed. */
import { visibleParts } from './visible-parts'

export function VisibleText({ children }: { children: string }) {
  return visibleParts(children).map((part, index) =>
    part.hidden ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move.
      <span key={index} className="rounded bg-warn-soft px-1 font-mono text-xs text-warn">
        {part.text}
      </span>
    ) : (
      part.text
    ),
  )
}
