/** The rows of a list for whoever fetches them: the whole result as a file, or how many came since then. */
import { oneOf, readParameters } from '@/app/_components/search-parameters'
import { plain } from '@/app/_plain'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { everyPage } from '@/lib/services/listing'
import { beginningOf } from '@/lib/services/time-bounds'
import type { ListDefinition } from './definition'
import { factsFor, orderOf } from './list-view'
import { EXPORT_FORMATS, type ExportFormat, textOf } from './rows-as-text'

const FORMATS = Object.keys(EXPORT_FORMATS) as ExportFormat[]
const UNCACHED = { 'cache-control': 'no-store, private' }

export async function answerRows<Filter, Row, Sort extends string>(
  actor: Actor,
  request: Request,
  list: ListDefinition<Filter, Row, Sort>,
): Promise<Response> {
  const query = new URL(request.url).searchParams
  const given = list.parameters.map((name) => [name, query.get(name) ?? undefined] as const)
  const read = await readParameters(Promise.resolve(Object.fromEntries(given)), list.parameters)
  // What is empty is not among them.
  const parameters = read as Readonly<Record<string, string>>
  const since = query.get('since')
  if (since !== null) return answerNews(actor, list, parameters, beginningOf(since))
  const format = oneOf(FORMATS, query.get('format') ?? undefined)
  if (format === undefined) return plain(400, `The format is one of ${FORMATS.join(', ')}.`)
  const { sort, order } = orderOf(query.get('sort') ?? undefined, factsFor(list, parameters))
  const filter = list.filterOf(parameters)
  const matches = await list.matching(actor, filter)
  await server().listExports.begin(actor, { list: list.name, format, filter: parameters, matches })
  const fields = Object.entries(list.fields) as [string, (row: Row) => never][]
  const pages = everyPage<Row, Sort>((page) => list.list(actor, filter, page), { sort: sort as Sort, order })
  async function* rows() {
    for await (const page of pages)
      yield page.map((row) => Object.fromEntries(fields.map(([name, of]) => [name, of(row)])))
  }
  return new Response(streamOf(textOf(format, Object.keys(list.fields), rows())), {
    headers: {
      ...UNCACHED,
      'content-type': EXPORT_FORMATS[format].type,
      'content-disposition': `attachment; filename="${list.name}.${format}"`,
      // For the bar that shows how far it is; absent where nobody counted to the end.
      ...(matches.more ? {} : { 'x-rows': String(matches.count) }),
    },
  })
}

async function answerNews<Filter, Row, Sort extends string>(
  actor: Actor,
  list: ListDefinition<Filter, Row, Sort>,
  parameters: Readonly<Record<string, string>>,
  since: Date | undefined,
): Promise<Response> {
  if (since === undefined) return plain(400, 'This is no moment.')
  return Response.json(await list.matching(actor, list.filterOf(parameters), since), { headers: UNCACHED })
}

/** Page by page as the reader takes them; a fault breaks the connection, so that half a file is not taken for a whole one. */
function streamOf(pieces: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await pieces.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value))
      },
      async cancel() {
        await pieces.return(undefined)
      },
    },
    { highWaterMark: 1 },
  )
}
