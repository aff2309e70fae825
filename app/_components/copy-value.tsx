/** A value to paste: in its own box, selectable, with its copy button. */
import type { ReactNode } from 'react'
import { CopyButton } from './copy-button'

export function CopyValue({ value, what, shown }: { value: string; what: string; shown?: ReactNode }) {
  return (
    <div className="flex min-w-0 items-start gap-1 rounded-md border border-line bg-sunken py-1 pr-1 pl-3">
      <code className="min-w-0 flex-1 py-1 font-mono text-sm wrap-break-word select-all">{shown ?? value}</code>
      <CopyButton value={value} what={what} />
    </div>
  )
}

/** A value in running text, with a small copy button behind it. */
export function InlineCopy({ value, what, shown }: { value: string; what: string; shown?: ReactNode }) {
  return (
    <span className="inline-flex max-w-full items-start gap-1">
      <code className="min-w-0 py-px font-mono text-sm wrap-break-word">{shown ?? value}</code>
      <CopyButton value={value} what={what} className="-my-0.5" />
    </span>
  )
}
