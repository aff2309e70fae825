/** The connector is there: what to paste into the MDM, and what to do next. */
'use client'

import { ArrowRight } from 'lucide-react'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { Notice } from '@/app/_components/notice'
import { TextLink } from '@/app/_components/row-link'
import { HookValues } from '@/app/(portal)/connectors/hook-values'
import { GUIDES, type GuidedKind } from '@/app/(portal)/connectors/kinds'

interface ConnectedProps {
  kind: GuidedKind
  connector: {
    slug: string
    name: string
    hookUrl: string | null
    hookSecret: string | null
    settings: Readonly<Record<string, unknown>>
  }
  byCertificate: boolean
}

export function Connected({ kind, connector, byCertificate }: ConnectedProps) {
  const { slug, name, hookUrl, hookSecret, settings } = connector
  return (
    <div className="grid gap-5" role="status">
      <Notice title={`${name} is added`}>It does its work once the steps below are done.</Notice>
      {hookUrl !== null && (
        <Card title="Paste these into the MDM" description="The secret is not shown again.">
          <HookValues kind={kind} hookUrl={hookUrl} hookSecret={hookSecret} settings={settings} />
        </Card>
      )}
      <Card title="Then">
        <div className="grid gap-4">
          <ol className="grid list-decimal gap-2 pl-5">
            {byCertificate && (
              <li>Download its certificate on the next page, and upload it to the app registration.</li>
            )}
            {GUIDES[kind].afterwards.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
            {kind !== 'intune' && (
              <li>
                Choose what follows for certificates: until then, what the MDM says is only reported. See{' '}
                <TextLink href="/groups">Groups</TextLink>, the group, Device rules.
              </li>
            )}
          </ol>
          <div className="flex justify-end">
            <ButtonLink href={`/connectors/${slug}`} variant="primary">
              Go to {name}
              <ArrowRight aria-hidden />
            </ButtonLink>
          </div>
        </div>
      </Card>
    </div>
  )
}
