/** Microsoft Graph, as far as it says where Intune's services are. */
import { randomUUID } from 'node:crypto'
import { type Answer, json, serviceError } from './intune-answer'
import type { AccessToken } from './intune-entra'
import type { World } from './intune-world'

const INTUNE_APPLICATION = '0000000a-0000-0000-c000-000000000000'

export function answerDiscovery(
  world: World,
  token: AccessToken,
  asked: { id: string; url: URL; graphUrl: string; serviceUrl: string },
): Answer {
  if (!token.roles.includes('Application.Read.All'))
    return serviceError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.')
  if (asked.id !== INTUNE_APPLICATION)
    return serviceError(404, 'Request_ResourceNotFound', `Resource '${asked.id}' does not exist.`)
  const skip = Number(asked.url.searchParams.get('$skiptoken') ?? 0)
  if (!Number.isSafeInteger(skip) || [...asked.url.searchParams.keys()].some((name) => name !== '$skiptoken'))
    return serviceError(400, 'BadRequest', 'The query is not understood.')
  const all = endpoints(asked.serviceUrl, token.tenant.intuneRole)
  const size = world.switches.graphPageSize
  const more = skip + size < all.length
  const path = `${asked.graphUrl}${asked.url.pathname}`
  return json(200, {
    '@odata.context': `${asked.graphUrl}/v1.0/$metadata#servicePrincipals('${INTUNE_APPLICATION}')/endpoints`,
    ...(more ? { '@odata.nextLink': `${path}?$skiptoken=${skip + size}` } : {}),
    value: all.slice(skip, skip + size),
  })
}

function endpoints(serviceUrl: string, intuneRole: boolean) {
  const endpoint = (providerName: string, service: string) => ({
    id: randomUUID(),
    deletedDateTime: null,
    capability: providerName,
    providerId: INTUNE_APPLICATION,
    providerName,
    providerResourceId: null,
    uri: `${serviceUrl}/${service}`,
  })
  return [
    endpoint('EnrollmentFEService', 'StatelessEnrollmentService'),
    ...(intuneRole ? [endpoint('ScepRequestValidationFEService', 'StatelessScepRequestValidationService')] : []),
    endpoint('PkiConnectorFEService', 'StatelessPkiConnectorService'),
  ]
}
