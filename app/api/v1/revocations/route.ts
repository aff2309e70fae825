/** /api/v1/revocations */
import { apiResource, apiRoute } from '@/app/api/_door'
import { pageAndFilter } from '@/app/api/_fields'
import { listBulkRevocations, revokeCertificates } from '@/app/api/v1/revocations/operations'
import { Refusal } from '@/lib/errors'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(listBulkRevocations, async ({ services, actor, query }) =>
    services.bulkRevocations.list(actor, pageAndFilter(query).page),
  ),
  POST: apiRoute(revokeCertificates, async ({ services, actor, body: { dryRun, expect, ...request } }) => {
    const { selection, action } = request
    if (dryRun) return { ...(await services.bulkRevocations.preview(actor, action, selection)), dryRun: true as const }
    if (expect === undefined) throw numberMissing()
    return services.bulkRevocations.confirm(actor, { ...request, expect, confirmation: null })
  }),
})

function numberMissing(): Refusal {
  const sentence = 'Do a dry run first, and send the number it says.'
  return new Refusal('invalid_input', sentence, { reason: 'not_confirmed', fields: { expect: sentence } })
}
