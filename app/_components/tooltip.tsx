/** One tooltip for the whole page: a list of fifty dates costs fifty pairs of listeners, not fifty popups. */
'use client'

import { cloneElement, type PointerEvent, type ReactElement, type ReactNode, useEffect, useRef, useState } from 'react'

interface Shown {
  text: ReactNode
  /** Where the trigger is, as the window sees it. */
  at: DOMRect
}

/** Long enough not to follow a pointer that only passes by. */
const OPEN_MS = 350
/** Long enough to reach the tooltip itself, to select its words. */
const CLOSE_MS = 120
const GAP = 6

let tell: ((shown: Shown | null) => void) | undefined
let timer: ReturnType<typeof setTimeout> | undefined

function later(shown: Shown | null, milliseconds: number) {
  clearTimeout(timer)
  timer = setTimeout(() => tell?.(shown), milliseconds)
}

interface Listening {
  onPointerEnter(event: PointerEvent<Element>): void
  onPointerLeave(): void
}

/** Supplementary only: touch and screen-reader users never meet it. */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactElement<Partial<Listening>> }) {
  return cloneElement(children, {
    onPointerEnter: (event) => {
      if (event.pointerType === 'mouse') later({ text, at: event.currentTarget.getBoundingClientRect() }, OPEN_MS)
    },
    onPointerLeave: () => later(null, CLOSE_MS),
  })
}

export function SharedTooltip() {
  const [shown, setShown] = useState<Shown | null>(null)
  const popup = useRef<HTMLDivElement>(null)
  useEffect(() => {
    tell = setShown
    return () => {
      tell = undefined
    }
  }, [])
  useEffect(() => {
    if (shown === null || popup.current === null) return
    place(popup.current, shown.at)
    const hide = () => later(null, 0)
    const onKey = ({ key }: KeyboardEvent) => key === 'Escape' && hide()
    document.addEventListener('keydown', onKey)
    document.addEventListener('scroll', hide, { capture: true, passive: true })
    return () => {
      document.removeEventListener('keydown', onKey)
      document.removeEventListener('scroll', hide, { capture: true })
    }
  }, [shown])
  if (shown === null) return null
  return (
    <div
      ref={popup}
      role="tooltip"
      onPointerEnter={() => clearTimeout(timer)}
      onPointerLeave={() => later(null, CLOSE_MS)}
      className="fixed top-0 left-0 z-50 max-w-80 rounded-md bg-ink px-2 py-1 text-xs text-canvas shadow-popup"
    >
      {shown.text}
    </div>
  )
}

/** Above its trigger, or below where there is no room; never outside the window. Set by script, as our policy allows. */
function place(popup: HTMLElement, trigger: DOMRect) {
  const { width, height } = popup.getBoundingClientRect()
  const middle = trigger.left + trigger.width / 2 - width / 2
  const left = Math.max(GAP, Math.min(middle, document.documentElement.clientWidth - width - GAP))
  const above = trigger.top - height - GAP
  popup.style.left = `${left}px`
  popup.style.top = `${above >= GAP ? above : trigger.bottom + GAP}px`
}
