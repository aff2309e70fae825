/** The diagnostics as a file, to read and to send. */
import { download } from '@/app/_session'
import { server } from '@/lib/server'

export const dynamic = 'force-dynamic'

export async function GET() {
  return download('diagnostics:read', async (actor) => {
    const document = await server().diagnostics.collect(actor)
    return new Response(`${JSON.stringify(document, null, 2)}\n`, {
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'content-disposition': 'attachment; filename="latchkey-diagnostics.json"',
        'cache-control': 'no-store, private',
      },
    })
  })
}
