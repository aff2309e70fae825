/** Requests to be saved as a file, and how many came since then. */
import { APPROVAL_LIST } from '@/app/_lists/approvals'
import { answerRows } from '@/app/_lists/rows'
import { download } from '@/app/_session'

export const dynamic = 'force-dynamic'

export async function GET(request: Request) {
  return download('approval:read', (actor) => answerRows(actor, request, APPROVAL_LIST))
}
