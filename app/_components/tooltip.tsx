/** One tooltip for the whole page: a list of fifty dates costs fifty light triggers, not fifty popups. */
'use client'

import { Tooltip as Base } from '@base-ui/react/tooltip'
import type { ReactElement, ReactNode } from 'react'

const handle = Base.createHandle<ReactNode>()

/** Supplementary only: touch and screen-reader users never meet it. */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactElement }) {
  return <Base.Trigger handle={handle} payload={text} render={children} delay={350} closeOnClick={false} />
}

export function SharedTooltip() {
  return (
    <Base.Provider>
      <Base.Root handle={handle}>
        {({ payload }) => (
          <Base.Portal>
            <Base.Positioner sideOffset={6} className="z-50">
              <Base.Popup className="max-w-80 rounded-md bg-ink px-2 py-1 text-xs text-canvas shadow-popup transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0 data-instant:transition-none">
                {payload}
              </Base.Popup>
            </Base.Positioner>
          </Base.Portal>
        )}
      </Base.Root>
    </Base.Provider>
  )
}
