/** /api/v1/challenge-alarms/{id} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { getChallengeAlarm } from '@/app/api/v1/challenge-alarms/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(getChallengeAlarm, async ({ services, actor, params }) => services.alarms.get(actor, params.id)),
})
