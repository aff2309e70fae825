/** Bulk revocations to be saved as a file, and how many came since then. */
import { REVOCATION_LIST } from '@/app/_lists/revocations'
import { answerRows } from '@/app/_lists/rows'
import { download } from '@/app/_session'

export const dynamic = 'force-dynamic'

export async function GET(request: Request) {
  return download('bulk-revocation:read', (actor) => answerRows(actor, request, REVOCATION_LIST))
}
