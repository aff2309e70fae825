/** Devices to be saved as a file, and how many came since then. */
import { deviceListOf } from '@/app/_lists/devices'
import { answerRows } from '@/app/_lists/rows'
import { download } from '@/app/_session'

export const dynamic = 'force-dynamic'

export async function GET(request: Request) {
  return download('certificate:read', (actor) => answerRows(actor, request, deviceListOf(actor)))
}
