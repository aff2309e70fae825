/** One device of the demo enrols, as a device does it: a real SCEP message, with whatever challenge is in its request. */
import { createHash, createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import { buildPkcsReq, parseCertRep, selfSignedCertificate } from '@/lib/scep/client'
import type { Services } from '@/lib/server'
import type { EndpointView } from '@/lib/services/groups'

export interface EnrollingDevice {
  endpoint: Pick<EndpointView, 'slug' | 'registrationAuthority'>
  name: string
  csr: Uint8Array
  privateKey: KeyObject
  ip: string
  userAgent: string
}

/** Throws when it gets no certificate. */
export async function enrolDevice(services: Services, device: EnrollingDevice): Promise<void> {
  const { endpoint, name, csr, privateKey, ip, userAgent } = device
  const raPem = endpoint.registrationAuthority?.certificatePem ?? ''
  const raDer = Buffer.from(raPem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  const senderNonce = randomBytes(16)
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const body = buildPkcsReq({
    ...{ csr, senderNonce, signerKey: privateKey, recipientDer: raDer },
    signerCertificateDer: selfSignedCertificate({ subject: [{ type: 'CN', value: name }], privateKey }),
    transactionId: createHash('sha256').update(spki).update(name).digest('hex').toUpperCase(),
  })
  const answer = await services.scepEnrolment.handle({
    ...{ endpoint: endpoint.slug, method: 'POST', query: 'operation=PKIOperation', body, contentEncoding: null },
    ...{ ip, userAgent },
  })
  const reply = answer.status === 200 ? parseCertRep(answer.body, { raDer, privateKey, senderNonce }) : null
  if (reply?.pkiStatus !== 'SUCCESS')
    throw new Error(`${name} got no certificate (${answer.status} ${reply?.failInfoText})`)
}
