/** A panel over the page that asks for something before it goes on. It is loaded when somebody reaches for it. */
'use client'

import {
  cloneElement,
  createContext,
  lazy,
  type MouseEventHandler,
  type ReactElement,
  type ReactNode,
  type RefObject,
  Suspense,
  use,
  useRef,
  useState,
} from 'react'
import { type ButtonSize, type ButtonVariant, buttonClass } from './button'
import type { DialogProps } from './panel-looks'

const load = () => import('./dialog-panel')
const Panel = lazy(load)
const Closing = createContext(() => {})

/** With the button that opens it. */
export function Dialog({
  label,
  variant,
  size,
  ...panel
}: DialogProps & { label: ReactNode; variant?: ButtonVariant; size?: ButtonSize }) {
  const opener = useRef<HTMLButtonElement>(null)
  // Who is offline hears of it when they click.
  const begin = () => void load().catch(() => {})
  return (
    <>
      <button
        ref={opener}
        type="button"
        aria-haspopup="dialog"
        aria-expanded={panel.open}
        className={buttonClass(variant, size)}
        onPointerEnter={begin}
        onFocus={begin}
        onClick={() => panel.onOpenChange(true)}
      >
        {label}
      </button>
      <DialogPanel {...panel} opener={opener} />
    </>
  )
}

/** Opened by something else, such as a menu. */
export function DialogPanel(props: DialogProps & { opener?: RefObject<HTMLButtonElement | null> }) {
  const { open, onOpenChange } = props
  // It stays once it was there, to close as it opened.
  const [wanted, setWanted] = useState(open)
  if (open && !wanted) setWanted(true)
  if (!wanted) return null
  return (
    <Closing value={() => onOpenChange(false)}>
      <Suspense>
        <Panel {...props} />
      </Suspense>
    </Closing>
  )
}

interface DialogCloseProps {
  render: ReactElement<{ onClick?: MouseEventHandler }>
  children: ReactNode
}

export function DialogClose({ render, children }: DialogCloseProps) {
  const close = use(Closing)
  return cloneElement(render, { onClick: close }, children)
}
