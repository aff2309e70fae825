/** Certificates to be saved as a file, and how many came since then. */
import { CERTIFICATE_LIST } from '@/app/_lists/certificates'
import { answerRows } from '@/app/_lists/rows'
import { download } from '@/app/_session'

export const dynamic = 'force-dynamic'

export async function GET(request: Request) {
  return download('certificate:read', (actor) => answerRows(actor, request, CERTIFICATE_LIST))
}
