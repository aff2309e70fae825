/** PkiConnectorFEService: the queue of certificates that a CA is to revoke. It is asked; it never calls. */
import { type Answer, json, serviceError } from './intune-answer'
import { wrongMembers } from './intune-members'
import type { RevocationRequest, Tenant, World } from './intune-world'

export const PKI_API_VERSION = '5019-05-05'

/** What was handed out and not answered is handed out again. */
const VISIBLE_AGAIN_MS = 10 * 60_000
const MOST_REQUESTS = 500
const ERROR_CODES: Readonly<Record<string, string>> = {
  '0': 'None',
  '4000': 'NonRetryableServiceException',
  '4001': 'DataSerializationError',
  '4002': 'ParameterDataInvalidError',
  '4003': 'CryptographyError',
  '4004': 'CertificateNotFoundError',
  '4005': 'ConflictError',
  '4006': 'NotSupportedError',
  '4007': 'PayloadTooLargeError',
  '4100': 'RetryableServiceException',
  '4101': 'ServiceUnavailableException',
  '4102': 'ServiceTooBusyException',
  '4103': 'AuthenticationException',
}
const RETRYABLE = new Set(['4100', '4101', '4102', '4103'].map((number) => ERROR_CODES[number]))

interface UploadedResult {
  requestContext: string
  succeeded: boolean
  errorCode: string
  errorMessage: string
}

export function answerCaRequest(world: World, tenant: Tenant, action: string, body: unknown): Answer {
  switch (action) {
    case 'downloadRevocationRequests':
      return download(world, tenant, body)
    case 'uploadRevocationResults':
      return upload(tenant, body)
    default:
      return serviceError(404, 'ResourceNotFound', `There is no action ${action}.`)
  }
}

function download(world: World, tenant: Tenant, body: unknown): Answer {
  const wrong = wrongMembers(body, {
    downloadParameters: {
      type: 'object',
      required: true,
      members: {
        maxRequests: { type: 'integer', required: true },
        issuerName: { type: 'string or null', required: true },
      },
    },
  })
  if (wrong) return serviceError(400, 'BadRequest', wrong)
  const { maxRequests, issuerName } = (
    body as { downloadParameters: { maxRequests: number; issuerName: string | null } }
  ).downloadParameters
  if (maxRequests < 1 || maxRequests > MOST_REQUESTS)
    return serviceError(400, 'BadRequest', `maxRequests is from 1 to ${MOST_REQUESTS}.`)
  const now = world.now()
  const waiting = tenant.revocations.filter(
    ({ result, handedOutAt }) =>
      result === null && (handedOutAt === null || now.getTime() - handedOutAt.getTime() >= VISIBLE_AGAIN_MS),
  )
  const handedOut = world.switches.filterQuirk
    ? waiting.slice(0, maxRequests).filter((each) => issuerName === null || each.caConfiguration === issuerName)
    : waiting.filter((each) => issuerName === null || each.issuerName === issuerName).slice(0, maxRequests)
  for (const request of handedOut) {
    request.handedOutAt = now
    request.handedOut += 1
  }
  return json(200, {
    '@odata.context':
      'https://manage.microsoft.com/RACerts/StatelessPkiConnectorService/$metadata#Collection(microsoft.management.services.api.caRevocationRequest)',
    value: handedOut.map(asSent),
  })
}

const asSent = ({ requestContext, serialNumber, issuerName, caConfiguration }: RevocationRequest) => ({
  requestContext,
  serialNumber,
  issuerName,
  caConfiguration,
})

/** All of it or nothing: an upload with one wrong result records none. */
function upload(tenant: Tenant, body: unknown): Answer {
  const wrong = wrongMembers(body, { results: { type: 'array', required: true } })
  if (wrong) return serviceError(400, 'BadRequest', wrong)
  const { results } = body as { results: unknown[] }
  if (results.length === 0) return serviceError(400, 'BadRequest', 'There are no results.')
  for (const result of results) {
    const fault = wrongResult(tenant, result)
    if (fault) return serviceError(400, 'BadRequest', fault)
  }
  for (const { requestContext, succeeded, errorCode, errorMessage } of results as UploadedResult[]) {
    const request = tenant.revocations.find((each) => each.requestContext === requestContext)
    const name = ERROR_CODES[errorCode] ?? errorCode
    // A result that can be better next time leaves the request in the queue.
    if (request && !RETRYABLE.has(name)) request.result = { succeeded, errorCode: name, errorMessage }
  }
  return json(200, { value: true })
}

function wrongResult(tenant: Tenant, result: unknown): string | null {
  const wrong = wrongMembers(result, {
    requestContext: { type: 'string', required: true },
    succeeded: { type: 'boolean', required: true },
    errorCode: { type: 'string', required: true },
    errorMessage: { type: 'string', required: false },
  })
  if (wrong) return wrong
  const { requestContext, succeeded, errorCode, errorMessage } = result as UploadedResult
  const name = ERROR_CODES[errorCode] ?? errorCode
  if (!Object.values(ERROR_CODES).includes(name)) return `There is no error code ${errorCode}.`
  if (errorMessage === undefined) return "The property 'errorMessage' is missing."
  if (succeeded && (name !== 'None' || errorMessage !== '')) return 'A success carries no error.'
  if (!succeeded && name === 'None') return 'A failure needs an error code.'
  const request = tenant.revocations.find((each) => each.requestContext === requestContext)
  if (!request || request.handedOutAt === null) return 'This request was never handed out.'
  return null
}
