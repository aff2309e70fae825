/** /api/v1/challenges/validate: for API keys, and for webhooks, which show who they are by a signature over their bytes. */
import { originOf } from '@/app/api/_admission'
import { readBytes } from '@/app/api/_body'
import { type ApiRoute, apiResource, apiRoute } from '@/app/api/_door'
import { logFault } from '@/app/api/_log'
import { problemResponse, TransportFault } from '@/app/api/_problem'
import { finish } from '@/app/api/_reply'
import { isRefusal, Refusal } from '@/lib/errors'
import { server } from '@/lib/server'
import { sourceOf } from '@/lib/services/source-address'
import { validateChallenge } from './operations'

export const dynamic = 'force-dynamic'

/** An address that keeps sending what nobody signed is told to wait. */
const UNSIGNED_PER_MINUTE = 60

const withKey = apiRoute(validateChallenge, ({ services, actor, body }) => services.validation.validate(actor, body))

const either: ApiRoute = Object.assign(
  (request: Request, context: { params: Promise<unknown> }) =>
    request.headers.has('x-smallstep-webhook-id') ? webhook(request) : withKey(request, context),
  { operation: withKey.operation },
)

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({ POST: either })

/** The bytes are read before anything is made of them, and no Content-Type is asked for: step-ca sends none. */
async function webhook(request: Request): Promise<Response> {
  const origin = originOf(request)
  try {
    const services = server()
    const answer = await services.receivers.receive(origin, {
      webhookId: request.headers.get('x-smallstep-webhook-id'),
      signature: request.headers.get('x-smallstep-signature'),
      body: await readBytes(request),
    })
    if (answer === null) {
      await services.access.limit(`receiver:unsigned:${sourceOf(origin.ip)}`, UNSIGNED_PER_MINUTE, 60)
      throw new Refusal('unauthenticated', 'The message is not signed by a receiver known here.')
    }
    const headers = { 'Content-Type': 'application/json' }
    return finish(new Response(JSON.stringify(answer), { status: 200, headers }), origin)
  } catch (error) {
    if (!isRefusal(error) && !(error instanceof TransportFault))
      logFault('validateChallenge.webhook', origin.requestId, error)
    return finish(problemResponse(error, origin.requestId), origin)
  }
}
