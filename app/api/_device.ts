/**
 * Device paths behind plain Next: the same functions as the front process, told the same facts. One thing Next does by
 * itself: it leaves out Content-Length and sends chunks. Clients that mind (scep.md §1.6) need the front process.
 */
import { isIP } from 'node:net'
import { firstBytes } from '@/app/api/_first-bytes'
import { server } from '@/lib/server'
import { deviceResponse } from '@/server/device-paths'

/** One byte more than the largest SCEP message: enough to see that a body is too large, and no more is read. */
const MOST_BYTES = 128 * 1024 + 1

export async function deviceRoute(request: Request): Promise<Response> {
  const { path, query } = parts(request.url)
  const forwarded = request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() ?? ''
  const { status, headers, body } = await deviceResponse(server(), {
    method: request.method,
    path,
    query,
    headers: request.headers,
    body: await firstBytes(request, MOST_BYTES),
    ip: isIP(forwarded) > 0 ? forwarded : null,
    secure: request.headers.get('x-forwarded-proto') === 'https',
  })
  const empty = request.method === 'HEAD' || status === 304 || body.length === 0
  return new Response(empty ? null : new Uint8Array(body), { status, headers })
}

/** Cut from the text of the URL: a parsed query would turn '+' into a space (scep.md §1.4). */
function parts(url: string): { path: string; query: string } {
  const mark = url.indexOf('?')
  const address = mark < 0 ? url : url.slice(0, mark)
  return { path: new URL(address).pathname, query: mark < 0 ? '' : url.slice(mark + 1) }
}
