/** Everything that was recorded of one event. */
'use client'

import { InlineCopy } from '@/app/_components/copy-value'
import { Fact, Facts } from '@/app/_components/facts'
import { TextLink } from '@/app/_components/row-link'
import { withParameters } from '@/app/_components/search-parameters'
import { VisibleText } from '@/app/_components/visible-text'
import type { AuditRowProps } from './audit-row'
import { ChangeTable } from './change-table'

const SURFACES: Readonly<Record<string, string>> = {
  ui: 'portal',
  api: 'API',
  cli: 'command line',
  scep: 'SCEP',
  job: 'background job',
}

export function EventFacts({ event, page, reference }: Omit<AuditRowProps, 'columns'>) {
  const { actor, object, source, data, change } = event
  return (
    <Facts>
      <Fact name="Event">
        <code className="font-mono text-sm">{event.type}</code>
        <span className="text-muted">, severity {event.severity}</span>
      </Fact>
      <Fact name="Outcome">
        {event.outcome}
        {event.reason && <code className="ml-2 font-mono text-sm text-muted">{event.reason}</code>}
      </Fact>
      <Fact name="Actor">
        <VisibleText>{actor.name}</VisibleText>
        <span className="text-muted">
          {' '}
          ({actor.type}
          {actor.role && `, ${actor.role}`})
        </span>
        {actor.id && <More href={withParameters('/audit', { actor: actor.id })}>Everything they did</More>}
      </Fact>
      <Fact name="Object">
        {object.type}
        {object.name && (
          <>
            {' '}
            <VisibleText>{object.name}</VisibleText>
          </>
        )}
        {object.id && <code className="ml-2 font-mono text-xs text-muted">{object.id}</code>}
        {page && <More href={page}>Open its page</More>}
        {reference && <More href={withParameters('/audit', { about: reference })}>Everything that happened to it</More>}
      </Fact>
      <Fact name="Source">
        {source.ip ?? 'this machine'}, by {SURFACES[source.via] ?? source.via}
        {source.userAgent && (
          <span className="block text-sm text-muted">
            <VisibleText>{source.userAgent}</VisibleText>
          </span>
        )}
        {source.ip && <More href={withParameters('/audit', { address: source.ip })}>Everything from there</More>}
      </Fact>
      {change && (
        <Fact name="Change">
          <ChangeTable change={change} />
        </Fact>
      )}
      {Object.keys(data).length > 0 && (
        <Fact name="Details">
          <Json value={data} />
        </Fact>
      )}
      <Fact name={`Hash of row ${event.seq}`}>
        <InlineCopy value={event.chain} what="chain hash" />
      </Fact>
    </Facts>
  )
}

function More({ href, children }: { href: string; children: string }) {
  return (
    <span className="block text-sm">
      <TextLink href={href}>{children}</TextLink>
    </span>
  )
}

function Json({ value }: { value: unknown }) {
  return (
    <pre className="font-mono text-xs leading-5 whitespace-pre-wrap wrap-anywhere">
      <VisibleJson text={JSON.stringify(value, null, 2)} />
    </pre>
  )
}

/** Line by line, so that our own line breaks stay and those of a stranger's text do not. */
function VisibleJson({ text }: { text: string }) {
  return text.split('\n').map((line, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the lines of one document never move.
    <span key={index} className="block">
      <VisibleText>{line}</VisibleText>
    </span>
  ))
}
