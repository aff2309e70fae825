/** Devices that should have renewed, to be saved as a file, and how many were found since then. */
import { OVERDUE_LIST } from '@/app/_lists/overdue-renewals'
import { answerRows } from '@/app/_lists/rows'
import { download } from '@/app/_session'

export const dynamic = 'force-dynamic'

export async function GET(request: Request) {
  return download('certificate:read', (actor) => answerRows(actor, request, OVERDUE_LIST))
}
