/** Everything that floats above the page: the nonce for it, one tooltip for all triggers, and the toasts. */
'use client'

import { CSPProvider } from '@base-ui/react/csp-provider'
import type { ReactNode } from 'react'
import { Toasts } from './toasts'
import { SharedTooltip } from './tooltip'

export function Popups({ nonce, children }: { nonce: string | undefined; children: ReactNode }) {
  return (
    <CSPProvider {...(nonce === undefined ? {} : { nonce })} disableStyleElements>
      {children}
      <SharedTooltip />
      <Toasts />
    </CSPProvider>
  )
}
