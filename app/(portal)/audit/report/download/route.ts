/** The report of a period as a file: HTML or PDF. */
import { oneOf } from '@/app/_components/search-parameters'
import { plain } from '@/app/_plain'
import { download } from '@/app/_session'
import { daysOf, periodOf } from '@/app/(portal)/audit/report/period'
import { server } from '@/lib/server'

export const dynamic = 'force-dynamic'

const TYPES = { html: 'text/html; charset=utf-8', pdf: 'application/pdf' } as const

export async function GET(request: Request) {
  const { searchParams } = new URL(request.url)
  return download('audit:read', async (actor) => {
    const format = oneOf(['html', 'pdf'] as const, searchParams.get('format') ?? 'pdf')
    const given = { from: searchParams.get('from'), to: searchParams.get('to') }
    const days = daysOf({ ...(given.from && { from: given.from }), ...(given.to && { to: given.to }) }, new Date())
    const period = periodOf(days)
    if (!format || !period) return plain(400, 'A report is html or pdf, and from a day to the same or a later one.')
    await server().access.limit(`ui:audit-report:${actor.id}`, 20, 600)
    const bytes = await server().auditReport.file(actor, period, format)
    return new Response(new Uint8Array(bytes), {
      headers: {
        'content-type': TYPES[format],
        'content-disposition': `attachment; filename="latchkey-audit-report-${days.from}-to-${days.to}.${format}"`,
        'cache-control': 'no-store, private',
      },
    })
  })
}
