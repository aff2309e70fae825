/** Pauses and resumes a connector. */
'use client'

import { ConfirmAction } from '@/app/_components/confirm-action'
import { switchConnector } from './actions'

export function SwitchConnector({ slug, name, enabled }: { slug: string; name: string; enabled: boolean }) {
  return (
    <ConfirmAction
      action={switchConnector}
      values={{ slug, enabled: String(!enabled) }}
      {...(enabled ? {} : { variant: 'secondary' as const, harmless: true })}
      label={enabled ? 'Pause' : 'Resume'}
      title={enabled ? `Pause ${name}?` : `Resume ${name}?`}
      confirm={enabled ? 'Pause connector' : 'Resume connector'}
      done={enabled ? 'Connector paused' : 'Connector resumed'}
    >
      <p>
        {enabled
          ? 'It is neither asked nor believed then: no challenges, no revocations, and endpoints that ask it issue nothing.'
          : 'It is asked and believed again from now on.'}
      </p>
    </ConfirmAction>
  )
}
