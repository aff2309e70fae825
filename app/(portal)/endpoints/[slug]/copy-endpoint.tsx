/** The same endpoint once more, to try something on or to part devices. */
'use client'

import { Copy } from 'lucide-react'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { copyEndpoint } from '@/app/(portal)/endpoints/actions'

export function CopyEndpoint({ slug, name }: { slug: string; name: string }) {
  return (
    <ConfirmAction
      action={copyEndpoint}
      values={{ slug }}
      variant="secondary"
      harmless
      label={
        <>
          <Copy aria-hidden />
          Copy
        </>
      }
      title={`Copy the endpoint ${name}?`}
      confirm="Copy endpoint"
      done="Endpoint copied"
    >
      <p>
        The copy gets the same settings under a URL of its own, with its own profile and registration authority. Making
        that key takes a few seconds.
      </p>
      <p>Challenges, static secrets, minters and pinned proxies stay with this endpoint.</p>
    </ConfirmAction>
  )
}
