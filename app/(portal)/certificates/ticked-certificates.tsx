/** The list with a box to tick on each certificate, and what can be done with the ticked ones or with all that match. */
'use client'

import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { Button, ButtonLink } from '@/app/_components/button'

interface TickedCertificatesProps {
  /** The dry run of everything that the present filter matches; null where that is not offered. */
  allMatching: string | null
  children: ReactNode
}

export function TickedCertificates({ allMatching, children }: TickedCertificatesProps) {
  const form = useRef<HTMLFormElement>(null)
  const all = useRef<HTMLInputElement>(null)
  const [ticked, setTicked] = useState(0)
  const boxes = () => [...(form.current?.querySelectorAll<HTMLInputElement>('input[name=certificate]') ?? [])]
  const count = () => {
    const every = boxes()
    const now = every.filter(({ checked }) => checked).length
    setTicked(now)
    if (!all.current) return
    all.current.checked = now > 0 && now === every.length
    all.current.indeterminate = now > 0 && now < every.length
  }
  const onChange = (event: FormEvent<HTMLFormElement>) => {
    if (event.target === all.current) for (const box of boxes()) box.checked = all.current?.checked ?? false
    count()
  }
  // A browser that goes back ticks what was ticked before.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the list is there.
  useEffect(count, [])
  return (
    <form ref={form} action="/revocations/new" onChange={onChange}>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-2 sm:px-5">
        <label className="inline-flex items-center gap-3 text-sm">
          <input ref={all} type="checkbox" className="size-4 accent-accent" />
          All on this page
        </label>
        <div className="ml-auto flex flex-wrap items-center gap-2">
          <Button type="submit" size="small" variant="danger-quiet" disabled={ticked === 0}>
            {ticked === 0 ? 'Revoke ticked' : `Revoke ${ticked} ticked`}
          </Button>
          {allMatching !== null && (
            <ButtonLink href={allMatching} size="small" variant="quiet">
              Revoke all that match
            </ButtonLink>
          )}
        </div>
      </div>
      {children}
    </form>
  )
}
