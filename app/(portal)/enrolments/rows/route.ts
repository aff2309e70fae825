/** Enrolments to be saved as a file, and how many came since then. */
import { ENROLMENT_LIST } from '@/app/_lists/enrolments'
import { answerRows } from '@/app/_lists/rows'
import { download } from '@/app/_session'

export const dynamic = 'force-dynamic'

export async function GET(request: Request) {
  return download('transaction:read', (actor) => answerRows(actor, request, ENROLMENT_LIST))
}
