/** /api/v1/endpoints/{slug}/profiles/{kind} */
import { apiResource, apiRoute } from '@/app/api/_door'
import { FileAnswer } from '@/app/api/_operation'
import { downloadEndpointProfile } from '@/app/api/v1/endpoints/[slug]/profiles/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(downloadEndpointProfile, async ({ services, actor, params, query }) => {
    const { contentType, fileName, content } = await services.mdmProfiles.file(actor, params.slug, params.kind, query)
    return new FileAnswer(contentType, fileName, typeof content === 'string' ? Buffer.from(content) : content)
  }),
})
