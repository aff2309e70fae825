/** /api/v1/groups/{slug}/radius/configuration */
import { apiResource, apiRoute } from '@/app/api/_door'
import { FileAnswer } from '@/app/api/_operation'
import { downloadRadiusConfiguration } from '@/app/api/v1/groups/network-operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(downloadRadiusConfiguration, async ({ services, actor, params, query }) => {
    const { also = '', rest, crl, ocsp, outage } = query
    const { name, bytes } = await services.radiusConfiguration.archive(actor, {
      groups: [params.slug, ...also.split(',').filter((slug) => slug !== '')],
      checks: { rest: rest === 'yes', crl: crl === 'yes', ocsp: ocsp === 'yes' },
      onOutage: outage,
    })
    return new FileAnswer('application/gzip', name, bytes)
  }),
})
