/** One event: a line to read, and behind it everything that was recorded. */
import { ChevronRight } from 'lucide-react'
import { InlineCopy } from '@/app/_components/copy-value'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { TextLink } from '@/app/_components/row-link'
import { withParameters } from '@/app/_components/search-parameters'
import { AuditOutcomeBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import type { AuditEventView } from '@/lib/services/audit'
import { type NamedObject, referenceOf } from '@/lib/services/audit-objects'
import { ChangeTable } from './change-table'
import { pageOfObject } from './object-pages'

const SURFACES: Readonly<Record<string, string>> = {
  ui: 'portal',
  api: 'API',
  cli: 'command line',
  scep: 'SCEP',
  job: 'background job',
}

interface AuditRowProps {
  event: AuditEventView
  /** What it is about, while that exists and has a page. */
  named: NamedObject | undefined
}

export function AuditRow({ event, named }: AuditRowProps) {
  const { source, outcome } = event
  return (
    <li className="border-t border-line first:border-t-0">
      <details className="group">
        <summary className="grid list-none grid-cols-[auto_minmax(0,1fr)] items-start gap-x-2.5 gap-y-1 px-4 py-2.5 hover:bg-hover focus-visible:-outline-offset-2 md:grid-cols-[auto_minmax(0,1fr)_auto_7.5rem_9.5rem]">
          <ChevronRight className="mt-0.75 size-4 text-faint transition-transform group-open:rotate-90" aria-hidden />
          <span className="min-w-0 wrap-anywhere">
            <VisibleText>{event.sentence}</VisibleText>
          </span>
          <span className="col-start-2 md:col-start-auto">
            {outcome !== 'success' && outcome !== 'pending' && <AuditOutcomeBadge outcome={outcome} />}
          </span>
          <span className="hidden truncate text-sm leading-5.5 text-muted md:block">{source.ip}</span>
          <span className="col-start-2 text-sm leading-5.5 text-muted md:col-start-auto md:text-right">
            <Instant at={event.time} className="tabular-nums" />
            {source.ip && <span className="ml-2 md:hidden">{source.ip}</span>}
          </span>
        </summary>
        <div className="border-t border-line bg-sunken px-4 py-4 sm:pl-10.5">
          <EventFacts event={event} named={named} />
        </div>
      </details>
    </li>
  )
}

function EventFacts({ event, named }: AuditRowProps) {
  const { actor, object, source, data, change } = event
  const page = named && pageOfObject(named)
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
        {object.id && (
          <More href={withParameters('/audit', { about: referenceOf(object.type, object.id) })}>
            Everything that happened to it
          </More>
        )}
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
