/** Challenges to be saved as a file, and how many came since then. */
import { CHALLENGE_LIST } from '@/app/_lists/challenges'
import { answerRows } from '@/app/_lists/rows'
import { download } from '@/app/_session'

export const dynamic = 'force-dynamic'

export async function GET(request: Request) {
  return download('challenge:read', (actor) => answerRows(actor, request, CHALLENGE_LIST))
}
