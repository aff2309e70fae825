/** Copies a value that somebody must paste elsewhere, and says that it did. */
'use client'

import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { buttonClass } from './button'
import { cx } from './cx'
import { toastProblem } from './toasts'

interface CopyButtonProps {
  value: string
  /** What is copied, as in "Copy SCEP URL". */
  what: string
  /** With a word beside the icon: "Copy", or another. */
  wide?: boolean | string
  className?: string
}

export function CopyButton({ value, what, wide = false, className }: CopyButtonProps) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1800)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = async () => {
    if (await copyText(value)) setCopied(true)
    else toastProblem('The browser did not allow copying', 'Select the value and copy it by hand.')
  }
  const Icon = copied ? Check : Copy
  return (
    <button
      type="button"
      onClick={copy}
      aria-label={wide ? undefined : copied ? `${what} copied` : `Copy ${what}`}
      className={
        wide
          ? buttonClass('secondary', 'small', cx('min-w-22', className))
          : cx('grid size-7 shrink-0 place-items-center rounded text-muted hover:bg-hover hover:text-ink', className)
      }
    >
      <Icon className={cx('size-4', copied && 'text-ok')} aria-hidden />
      {wide && (copied ? 'Copied' : wide === true ? 'Copy' : wide)}
      {wide && <span className="sr-only"> {what}</span>}
      <span role="status" className="sr-only">
        {copied ? `${what} copied` : ''}
      </span>
    </button>
  )
}

/** The clipboard API exists on https and localhost alone; a portal tried out over plain http still gets its copy. */
async function copyText(value: string): Promise<boolean> {
  if (navigator.clipboard && window.isSecureContext) {
    return navigator.clipboard.writeText(value).then(
      () => true,
      () => false,
    )
  }
  const area = document.createElement('textarea')
  area.value = value
  area.className = 'fixed opacity-0'
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  return done
}
