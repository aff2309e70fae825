/** Between the filters and the rows: how many match, what is new, and what can be done with the list as a whole. */
import { Suspense } from 'react'
import { type ListDefinition, searchOf } from '@/app/_lists/definition'
import { type ListView, rowsAddress } from '@/app/_lists/list-view'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { Matches } from '@/lib/services/listing'
import { can } from '@/lib/services/permissions'
import { ExportMenu } from './export-menu'
import { NewRows } from './new-rows'
import { SavedViews } from './saved-views'
import { ViewMenu } from './view-menu'

interface ListToolbarProps<Filter, Row, Sort extends string> {
  actor: Actor
  list: ListDefinition<Filter, Row, Sort>
  view: ListView
  /** What the rows are called: one and many. */
  nouns: readonly [one: string, many: string]
  /** Whether this is the first page: there new rows are told of. */
  first: boolean
}

export async function ListToolbar<Filter, Row, Sort extends string>({
  actor,
  list,
  view,
  nouns,
  first,
}: ListToolbarProps<Filter, Row, Sort>) {
  // Whoever may see a list need not have views: then they do without.
  const views = can(actor, 'saved-view:read') ? await server().savedViews.list(actor, list.name) : null
  // Caught at once: nobody waits for it yet, and a refusal that nobody hears ends the process.
  const counted = list.matching(actor, list.filterOf(view.filters)).catch(() => null)
  return (
    <div className="mb-2 flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
      <p className="text-sm text-muted" role="status">
        <Suspense key={JSON.stringify(view.filters)} fallback="Counting…">
          <Count counted={counted} nouns={nouns} />
        </Suspense>
        {view.filters.search && searchOf(view.filters.search) === undefined && '. Search begins at three characters.'}
      </p>
      {first && <NewRows address={rowsAddress(view, { since: new Date().toISOString() })} />}
      <div className="ml-auto flex flex-wrap items-center gap-1">
        {views && <SavedViews view={view} views={views} mayShare={can(actor, 'saved-view:share')} />}
        <ViewMenu view={view} />
        <ExportMenu
          name={list.name}
          unbounded={list.unbounded ?? []}
          addresses={{
            csv: rowsAddress(view, { format: 'csv' }),
            json: rowsAddress(view, { format: 'json' }),
            jsonl: rowsAddress(view, { format: 'jsonl' }),
          }}
        />
      </div>
    </div>
  )
}

async function Count({
  counted,
  nouns: [one, many],
}: {
  counted: Promise<Matches | null>
  nouns: readonly [string, string]
}) {
  const matches = await counted
  if (matches === null) return `No ${many} can be counted by these filters.`
  const { count, more } = matches
  const number = count.toLocaleString('en-GB')
  return `${more ? `More than ${number}` : number} ${count === 1 && !more ? one : many}`
}
