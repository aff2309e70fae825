/** Recomputes the whole hash chain and says how far it is: a line of JSON for each page of rows, the verdict at the end. */

import { plain } from '@/app/_plain'
import { download, isSameOrigin } from '@/app/_session'
import { server } from '@/lib/server'
import type { AuditVerification } from '@/lib/services/audit'

export const dynamic = 'force-dynamic'

export type VerificationLine =
  | { checked: number; of: number }
  | { verdict: AuditVerification }
  /** It could not be done; the trail says nothing about it then. */
  | { failed: true }

export async function POST(request: Request) {
  if (!(await isSameOrigin())) return plain(403, 'Open Latchkey at its own address.')
  return download('audit:verify', async (actor) => {
    await server().access.limit(`ui:audit-verify:${actor.id}`, 10, 600)
    const encoder = new TextEncoder()
    const stream = new ReadableStream<Uint8Array>({
      async start(controller) {
        const say = (line: VerificationLine) => controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`))
        try {
          const progress = (checked: number, of: number) => say({ checked, of })
          say({ verdict: await server().audit.verify(actor, { progress, signal: request.signal }) })
        } catch {
          // Whoever went away hears nothing; whoever waits shall not take silence for a verdict.
          if (!request.signal.aborted) say({ failed: true })
        }
        if (!request.signal.aborted) controller.close()
      },
    })
    return new Response(stream, { headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' } })
  })
}
