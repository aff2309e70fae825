/** The one moment a challenge can be read: its value, its remaining time, and the commands that use it. */
'use client'

import { Check, RotateCcw } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { Button, ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { CopyButton } from '@/app/_components/copy-button'
import { CopyValue } from '@/app/_components/copy-value'
import { Countdown } from '@/app/_components/countdown'
import { DeviceGuide } from '@/app/_components/device-guide'
import { Fact, Facts } from '@/app/_components/facts'
import type { MintedChallenge } from '@/lib/services/challenges'
import type { EndpointChoice } from './mint-flow'

interface MintedProps {
  minted: MintedChallenge
  endpoint: EndpointChoice
  onAnother(): void
}

export function Minted({ minted, endpoint, onAnother }: MintedProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const { challenge, expiresAt, scepUrl, subject, san } = minted
  const { includeRoot, rootUrl, issuerUrl, issuerFingerprint } = endpoint
  return (
    <div className="grid gap-5">
      <section className="overflow-clip rounded-xl border border-ok-line bg-surface shadow-card">
        <header className="flex flex-wrap items-center justify-between gap-2 border-b border-ok-line bg-ok-soft px-4 py-3 sm:px-5">
          <h2 ref={heading} tabIndex={-1} className="flex items-center gap-2 font-semibold text-ok outline-none">
            <Check className="size-4.5" aria-hidden />
            Challenge minted
          </h2>
          <p className="text-sm text-ok">
            Valid for <Countdown until={expiresAt} over="no longer: its time is up" />
          </p>
        </header>
        <div className="grid gap-4 p-4 sm:p-5">
          <div className="flex flex-wrap items-center gap-3 rounded-lg border border-edge bg-sunken p-3 sm:p-4">
            <code
              className="min-w-0 flex-1 font-mono text-lg font-medium tracking-wide wrap-anywhere select-all"
              data-testid="challenge-value"
            >
              {challenge}
            </code>
            <CopyButton value={challenge} what="challenge" wide />
          </div>
          <p className="text-sm text-muted">
            Copy it now. It is kept only as a keyed hash, so nobody, not even an administrator, can show it again; you
            can always mint another.
          </p>
          <Facts>
            <Fact name="Subject">{subject || '–'}</Fact>
            {san.length > 0 && (
              <Fact name="Alternative names">{san.map(({ type, value }) => `${type}:${value}`).join(', ')}</Fact>
            )}
            <Fact name="SCEP URL">
              <CopyValue value={scepUrl} what="SCEP URL" />
            </Fact>
          </Facts>
        </div>
      </section>
      <Card title="On the device">
        <DeviceGuide
          profilesUrl={`/endpoints/${endpoint.slug}/profiles`}
          device={{ scepUrl, subject, san, challenge, includeRoot, rootUrl, issuerUrl, issuerFingerprint }}
        />
      </Card>
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onAnother}>
          <RotateCcw aria-hidden />
          Mint another
        </Button>
        <ButtonLink href="/challenges" variant="primary">
          Done
        </ButtonLink>
      </div>
    </div>
  )
}
