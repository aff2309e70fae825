/** The events that match, as JSON Lines: sent as they are read, however many there are. */
import { download } from '@/app/_session'
import { filterOf, wantedOf } from '@/app/(portal)/audit/filters'
import { server } from '@/lib/server'

export const dynamic = 'force-dynamic'

export async function GET(request: Request) {
  return download('audit:read', async (actor) => {
    await server().access.limit(`ui:audit-export:${actor.id}`, 10, 600)
    const wanted = wantedOf(new URL(request.url).searchParams)
    const story = wanted.about ? await server().auditObjects.story(actor, wanted.about) : null
    const lines = await server().auditExport.jsonLines(actor, filterOf(wanted, story))
    return new Response(streamOf(lines), {
      headers: {
        'content-type': 'application/x-ndjson',
        'content-disposition': `attachment; filename="latchkey-audit-${new Date().toISOString().slice(0, 10)}.jsonl"`,
        'cache-control': 'no-store, private',
      },
    })
  })
}

/** Reads on as fast as the other side takes it; a reader who goes away ends the export. */
function streamOf(lines: AsyncGenerator<Uint8Array, void, undefined>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await lines.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await lines.return()
    },
  })
}
