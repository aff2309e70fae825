/** ScepRequestValidationFEService: whether a request is what the profile asked for, and what became of it. */
import { createHash } from 'node:crypto'
import { type Answer, json, serviceError } from './intune-answer'
import { openChallenge } from './intune-challenge'
import { wrongMembers } from './intune-members'
import { mismatch, readRequest } from './intune-request'
import type { Tenant, World } from './intune-world'

export const SCEP_API_VERSION = '2018-02-20'

const CHALLENGE_MINUTES = 60
const TEXT = { type: 'string', required: true } as const
const ACTIONS = {
  validateRequest: {
    wrapper: 'request',
    members: { transactionId: TEXT, certificateRequest: TEXT, callerInfo: TEXT },
    run: validateRequest,
  },
  successNotification: {
    wrapper: 'notification',
    members: {
      transactionId: TEXT,
      certificateRequest: TEXT,
      certificateThumbprint: TEXT,
      certificateSerialNumber: TEXT,
      certificateExpirationDateUtc: TEXT,
      issuingCertificateAuthority: TEXT,
      callerInfo: TEXT,
      caConfiguration: { type: 'string', required: false },
      certificateAuthority: { type: 'string', required: false },
    },
    run: successNotification,
  },
  failureNotification: {
    wrapper: 'notification',
    members: {
      transactionId: TEXT,
      certificateRequest: TEXT,
      hResult: { type: 'integer', required: true },
      errorDescription: TEXT,
      callerInfo: TEXT,
    },
    run: failureNotification,
  },
} as const

type Body = Record<string, string>

export async function answerScepAction(world: World, tenant: Tenant, action: string, body: unknown): Promise<Answer> {
  if (!(action in ACTIONS)) return serviceError(404, 'ResourceNotFound', `There is no action ${action}.`)
  const { wrapper, members, run } = ACTIONS[action as keyof typeof ACTIONS]
  const wrong = wrongMembers(body, { [wrapper]: { type: 'object', required: true, members } })
  if (wrong) return serviceError(400, 'BadRequest', wrong)
  return run(world, tenant, (body as Record<string, Body>)[wrapper] as Body)
}

/** The first check that fails decides. */
async function validateRequest(world: World, tenant: Tenant, body: Body): Promise<Answer> {
  const { transactionId = '', certificateRequest = '' } = body
  const request = await readRequest(certificateRequest)
  if (request === null) return code('CertificateRequestDecodingFailed', 'The certificate request cannot be decoded.')
  if (request.challengePassword === null) return code('ChallengePasswordMissing', 'There is no challenge password.')
  const challenge = await openChallenge(request.challengePassword, tenant.encryption, world.signing)
  if ('fault' in challenge) return code(challenge.fault, 'The challenge password cannot be read.')
  const { opened } = challenge
  // The key and the name of the tenant go together; a challenge of another one does not even open.
  if (opened.tenantId !== tenant.id) return code('ChallengeDecryptionError', 'The challenge belongs to another tenant.')
  const created = Date.parse(opened.challengeCreation ?? '')
  const expires = Date.parse(opened.challengeExpiration ?? '')
  const now = world.now().getTime()
  if (Number.isNaN(created) || Number.isNaN(expires) || created > now)
    return code('ChallengeInvalidTimestamp', 'The timestamps of the challenge cannot be used.')
  if (now > expires)
    return code(
      'ChallengeExpired',
      `The challenge has expired: challengeExpInterval=${CHALLENGE_MINUTES}, challengeExpiration=${opened.challengeExpiration}, challengeCreation=${opened.challengeCreation}`,
    )
  const known = tenant.challenges.get(opened.requestId)
  const device = tenant.devices.get(opened.deviceId)
  if (!known) return code('BadCertificateRequestIdInChallenge', 'The request is not known.')
  if (!device || device.gone || known.deviceId !== device.id)
    return code('BadDeviceIdInChallenge', 'The device is not known.')
  if (!tenant.users.has(opened.userId) || known.userId !== opened.userId)
    return code('BadUserIdInChallenge', 'The user is not known.')
  if (!device.profiles.has(opened.profileId))
    return code('ScepProfileNoLongerTargetedToTheClient', 'The profile is no longer assigned to the device.')
  const difference = mismatch(request, opened.expected)
  if (difference) return code(difference, 'The request differs from the profile.')
  tenant.validated.set(keyOf(transactionId, certificateRequest), device.id)
  return code('Success')
}

function successNotification(world: World, tenant: Tenant, body: Body): Answer {
  const { transactionId = '', certificateThumbprint = '', certificateExpirationDateUtc = '' } = body
  const deviceId = tenant.validated.get(keyOf(transactionId, body.certificateRequest ?? ''))
  if (deviceId === undefined) return code('Unknown', 'This request was never validated.')
  if (!/^[0-9a-f]{40}$/i.test(certificateThumbprint)) return code('Unknown', 'The thumbprint is no SHA-1 in hex.')
  if (!isTimestamp(certificateExpirationDateUtc)) return code('Unknown', 'The expiry is no ISO 8601 timestamp.')
  const before = tenant.reports.find((report) => report.transactionId === transactionId)
  if (before) {
    const same = before.thumbprint === certificateThumbprint.toUpperCase()
    return same ? code('Success') : code('Unknown', 'Another certificate was reported for this transaction.')
  }
  tenant.reports.push({
    at: world.now(),
    deviceId,
    transactionId,
    thumbprint: certificateThumbprint.toUpperCase(),
    serialNumber: body.certificateSerialNumber ?? '',
    expiresAt: certificateExpirationDateUtc,
    issuer: body.issuingCertificateAuthority ?? '',
    caConfiguration: body.caConfiguration ?? null,
    certificateAuthority: body.certificateAuthority ?? null,
    callerInfo: body.callerInfo ?? '',
  })
  return code('Success')
}

function failureNotification(world: World, tenant: Tenant, body: Body): Answer {
  const { transactionId = '', errorDescription = '' } = body
  if (!tenant.validated.has(keyOf(transactionId, body.certificateRequest ?? '')))
    return code('Unknown', 'This request was never validated.')
  if (errorDescription.length > 255) return code('Unknown', 'The description is longer than 255 characters.')
  const hResult = Number(body.hResult)
  if (hResult < -0x80000000 || hResult > 0xffffffff) return code('Unknown', 'This is no HRESULT.')
  tenant.failures.push({ at: world.now(), transactionId, hResult, errorDescription })
  return code('Success')
}

const code = (name: string, errorDescription = ''): Answer =>
  json(200, {
    '@odata.context': 'https://manage.microsoft.com/RACerts/StatelessScepRequestValidationService/$metadata#result',
    code: name,
    errorDescription,
  })

const keyOf = (transactionId: string, certificateRequest: string) =>
  `${transactionId} ${createHash('sha256').update(Buffer.from(certificateRequest, 'base64')).digest('hex')}`

const isTimestamp = (text: string) =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))
