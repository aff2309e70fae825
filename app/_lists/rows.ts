/** The rows of a list for whoever fetches them: the whole result as a file, or how many came since then. */
import { oneOf } from '@/app/_components/search-parameters'
import { plain } from '@/app/_plain'
import { isRefusal } from '@/lib/errors'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { everyPage, type Matches, TAKES_TOO_LONG } from '@/lib/services/listing'
import { beginningOf } from '@/lib/services/time-bounds'
import type { ListDefinition } from './definition'
import { factsFor, orderOf, readFilters } from './list-view'
import { EXPORT_FORMATS, type ExportFormat, type Fields, type FieldValue, textOf } from './rows-as-text'

const FORMATS = Object.keys(EXPORT_FORMATS) as ExportFormat[]
/** A page that is open for longer is loaded anew. */
const NEWS_MS = 24 * 60 * 60 * 1_000
const UNCACHED = { 'cache-control': 'no-store, private' }

export async function answerRows<Filter, Row, Sort extends string>(
  actor: Actor,
  request: Request,
  list: ListDefinition<Filter, Row, Sort>,
): Promise<Response> {
  const query = new URL(request.url).searchParams
  const given = list.parameters.map((name) => [name, query.get(name) ?? undefined] as const)
  const parameters = await readFilters(Promise.resolve(Object.fromEntries(given)), list)
  const since = query.get('since')
  if (since !== null) return answerNews(actor, list, parameters, beginningOf(since))
  const format = oneOf(FORMATS, query.get('format') ?? undefined)
  if (format === undefined) return plain(400, `The format is one of ${FORMATS.join(', ')}.`)
  const { sort, order } = orderOf(query.get('sort') ?? undefined, factsFor(list, parameters))
  const filter = list.filterOf(parameters)
  await server().listExports.pace(actor)
  const matches = await counted(list.matching(actor, filter))
  const text = (pages: AsyncIterable<readonly Row[]>) => textOf(format, Object.keys(list.fields), fieldsOf(list, pages))
  let file: AsyncGenerator<string | Uint8Array>
  if (list.save) file = await list.save(actor, filter, { format, order, text })
  else {
    await server().listExports.begin(actor, { list: list.name, format, filter: parameters, matches })
    file = text(everyPage<Row, Sort>((page) => list.list(actor, filter, page), { sort: sort as Sort, order }))
  }
  return new Response(streamOf(file), {
    headers: {
      ...UNCACHED,
      'content-type': EXPORT_FORMATS[format].type,
      'content-disposition': `attachment; filename="${list.name}.${format}"`,
      // For the bar that shows how far it is; absent where nobody counted to the end.
      ...(matches === null || matches.more ? {} : { 'x-rows': String(matches.count) }),
    },
  })
}

/** A file may be had of what cannot be counted in time. */
async function counted(matching: Promise<Matches>): Promise<Matches | null> {
  try {
    return await matching
  } catch (error) {
    if (isRefusal(error) && error.reason === TAKES_TOO_LONG) return null
    throw error
  }
}

async function* fieldsOf<Filter, Row, Sort extends string>(
  { fields }: ListDefinition<Filter, Row, Sort>,
  pages: AsyncIterable<readonly Row[]>,
): AsyncGenerator<Fields[]> {
  const all = Object.entries(fields) as [string, (row: Row) => FieldValue][]
  for await (const page of pages) yield page.map((row) => Object.fromEntries(all.map(([name, of]) => [name, of(row)])))
}

async function answerNews<Filter, Row, Sort extends string>(
  actor: Actor,
  list: ListDefinition<Filter, Row, Sort>,
  parameters: Readonly<Record<string, string>>,
  since: Date | undefined,
): Promise<Response> {
  if (since === undefined || Date.now() - since.getTime() > NEWS_MS)
    return plain(400, 'This is no moment of the last day.')
  return Response.json(await list.matching(actor, list.filterOf(parameters), since), { headers: UNCACHED })
}

/** Page by page as the reader takes them; a fault breaks the connection, so that half a file is not taken for a whole one. */
function streamOf(pieces: AsyncGenerator<string | Uint8Array>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await pieces.next()
        if (done) controller.close()
        else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value)
      },
      async cancel() {
        await pieces.return(undefined)
      },
    },
    { highWaterMark: 1 },
  )
}
