/** Boxes to tick in the rows of a list, and one that ticks all of the page. */
'use client'

import { type FormEvent, type ReactNode, type RefObject, useEffect, useRef, useState } from 'react'

interface Ticked {
  /** Of the element around boxes and rows. */
  frame: RefObject<HTMLDivElement | null>
  /** Of the box that ticks all. */
  all: RefObject<HTMLInputElement | null>
  onChange(event: FormEvent<HTMLDivElement>): void
  /** The values of those that are ticked. */
  ticked: string[]
}

/** `name`: of the boxes. `rows`: counted again whenever they are others. */
export function useTicked(name: string, rows: ReactNode): Ticked {
  const frame = useRef<HTMLDivElement>(null)
  const all = useRef<HTMLInputElement>(null)
  const [ticked, setTicked] = useState<string[]>([])
  const boxes = () => [...(frame.current?.querySelectorAll<HTMLInputElement>(`input[name=${name}]`) ?? [])]
  const count = () => {
    const every = boxes()
    const checked = every.filter((box) => box.checked)
    setTicked(checked.map(({ value }) => value))
    if (!all.current) return
    all.current.checked = checked.length > 0 && checked.length === every.length
    all.current.indeterminate = checked.length > 0 && checked.length < every.length
  }
  // A browser that goes back ticks what was ticked before, and what was done is gone.
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever the list is another one.
  useEffect(count, [rows])
  const onChange = (event: FormEvent<HTMLDivElement>) => {
    if (event.target === all.current) for (const box of boxes()) box.checked = all.current?.checked ?? false
    count()
  }
  return { frame, all, onChange, ticked }
}
