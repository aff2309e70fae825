/** Audit events to be saved as a file, and how many came since then. */
import { AUDIT_LIST } from '@/app/_lists/audit'
import { answerRows } from '@/app/_lists/rows'
import { download } from '@/app/_session'

export const dynamic = 'force-dynamic'

export async function GET(request: Request) {
  return download('audit:read', (actor) => answerRows(actor, request, AUDIT_LIST))
}
