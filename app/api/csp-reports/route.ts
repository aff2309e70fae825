/**
 * /api/csp-reports: where browsers report what the content security policy of a page stopped. Anybody can write here, so
 * a report is small, counted, cut to plain facts, and goes to the log alone.
 */

import { plain } from '@/app/_plain'
import { originOf } from '@/app/api/_admission'
import { cspViolations } from '@/app/api/_csp-report'
import { firstBytes } from '@/app/api/_first-bytes'
import { logFault } from '@/app/api/_log'
import { isRefusal } from '@/lib/errors'
import { server } from '@/lib/server'
import { sourceOf } from '@/lib/services/source-address'

export const dynamic = 'force-dynamic'

const LARGEST = 16 * 1024
const TYPES = /^application\/(csp-report|reports\+json)\s*(;|$)/i

export async function POST(request: Request): Promise<Response> {
  const { ip, requestId } = originOf(request)
  try {
    await server().pace.keep('csp-report', sourceOf(ip))
    await server().pace.keep('csp-reports', 'everybody')
    if (!TYPES.test(request.headers.get('content-type') ?? '')) return plain(415, 'Send application/csp-report.')
    const body = await firstBytes(request, LARGEST + 1)
    if (body.length > LARGEST) return plain(413, 'A report has at most 16 KiB.')
    const violations = cspViolations(body)
    if (violations === null) return plain(400, 'This is not a report of a content security policy.')
    for (const violation of violations) log(violation)
    return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
  } catch (error) {
    if (isRefusal(error, 'rate_limited'))
      return plain(429, error.sentence, { 'retry-after': String(error.retryAfterSeconds ?? 60) })
    // A browser has no use for our faults, and must not be made to try again.
    logFault('portal.csp-report', requestId, error)
    return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
  }
}

function log(violation: object): void {
  console.warn(JSON.stringify({ time: new Date().toISOString(), level: 'warn', event: 'portal.csp', ...violation }))
}
