/** /api/v1/certificates/{certificate}/download */
import { apiResource, apiRoute } from '@/app/api/_door'
import { FileAnswer } from '@/app/api/_operation'
import { downloadCertificate } from '@/app/api/v1/certificates/operations'

export const dynamic = 'force-dynamic'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({
  GET: apiRoute(downloadCertificate, async ({ services, actor, params, query }) => {
    if (query.format === 'der') {
      const { der, serial } = await services.certificates.der(actor, params.certificate)
      return new FileAnswer('application/pkix-cert', `${serial}.cer`, der)
    }
    const { serial, pem, chainPem } = await services.certificates.get(actor, params.certificate)
    if (query.format === 'pem') return new FileAnswer('application/x-pem-file', `${serial}.pem`, Buffer.from(pem))
    return new FileAnswer('application/pem-certificate-chain', `${serial}-chain.pem`, Buffer.from(chainPem))
  }),
})
