/** Receives what MDMs post to /hooks/{slug}: bounded, believed or not, handed to the kind, and noted. */
import { isRefusal, Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import { UNAUTHENTICATED } from './mdm-connector-health'
import type { ConnectorCall, ConnectorCalls, MdmConnector, MdmConnectorRows } from './mdm-connector-types'
import type { HookAnswer, HookHandler, HookNote, HookRequest } from './mdm-hooks'
import type { Signer } from './signer'
import { sourceOf } from './source-address'

export interface HookReceptionDependencies {
  rows: Pick<MdmConnectorRows, 'connectorBySlug'>
  handlers: readonly HookHandler[]
  calls: ConnectorCalls
  signer: Pick<Signer, 'open' | 'mac'>
  limit(key: string, count: number, seconds: number): Promise<void>
  isLimitReached(key: string, count: number, seconds: number): Promise<boolean>
  clock(): Date
  /** Milliseconds that never run backwards. */
  elapsed(): number
}

export interface HookReception {
  /** Refusals: unauthenticated (alike for an unknown connector), rate_limited, and what the kind refuses. */
  receive(slug: string, request: HookRequest, requestId: string): Promise<Omit<HookAnswer, 'note'>>
}

/** Larger than any kind takes. */
export const LARGEST_HOOK_BODY = 64 * 1024
/** Wrong credentials from one source. */
const WRONG_PER_MINUTE = 30
/** Of one connector, by all its servers together: a rollout to a whole company asks for a challenge for each device. */
const MESSAGES_PER_MINUTE = 3_000
/** Lines in the log of calls about messages that nobody vouches for. */
const WRONG_NOTED_PER_MINUTE = 5
const SLUG = /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/

export function createHookReception(dependencies: HookReceptionDependencies): HookReception {
  const { rows, handlers, calls, signer, limit, isLimitReached, clock, elapsed } = dependencies

  return {
    async receive(slug, request, requestId) {
      const began = elapsed()
      const found = await connectorOf(slug)
      const believed = await isBelieved(slug, found, request)
      if (found === null || !believed) {
        // Counted for those alone: a stranger behind the same address must not shut out the MDM.
        await limit(`hook:wrong:${sourceOf(request.ip)}`, WRONG_PER_MINUTE, 60)
        await noteWrong(found?.connector ?? null, began)
        throw new Refusal('unauthenticated', 'The credentials of this message are not right.', {
          reason: UNAUTHENTICATED,
        })
      }
      const { connector, handler } = found
      return handled(connector, handler, request, requestId, began)
    },
  }

  async function handled(
    connector: MdmConnector,
    handler: HookHandler,
    request: HookRequest,
    requestId: string,
    began: number,
  ): Promise<Omit<HookAnswer, 'note'>> {
    try {
      await limit(`hook:${connector.id}`, MESSAGES_PER_MINUTE, 60)
      if (request.body.length > handler.largestBody)
        throw new Refusal('invalid_input', 'The message is too large.', { reason: 'too_large' })
      const { note, ...answer } = await handler.handle(connector, request, actorOf(connector, request, requestId))
      await calls.note(lineOf(connector, note, answer.status, began))
      return answer
    } catch (error) {
      await calls.note(lineOf(connector, faultNote(error), null, began))
      throw error
    }
  }

  async function connectorOf(slug: string): Promise<{ connector: MdmConnector; handler: HookHandler } | null> {
    const connector = SLUG.test(slug) ? await rows.connectorBySlug(slug) : null
    if (connector === null || connector.disabled) return null
    const handler = handlers.find(({ kind }) => kind === connector.kind)
    return handler === undefined ? null : { connector, handler }
  }

  async function isBelieved(
    slug: string,
    found: { connector: MdmConnector; handler: HookHandler } | null,
    request: HookRequest,
  ): Promise<boolean> {
    if (found === null) {
      // Takes as long as opening the secret of a connector that exists.
      await signer.mac('fingerprint', Buffer.from(slug.slice(0, 64), 'utf8'))
      return false
    }
    const { connector, handler } = found
    const { previousHookSecretUntil: until } = connector
    const previous = until !== null && until > clock() ? connector.previousHookSecretSealed : null
    const opened = await Promise.all(
      [connector.hookSecretSealed, previous]
        .filter((sealed) => sealed !== null)
        .map((sealed) => open(connector, sealed)),
    )
    const secrets = opened.filter((secret) => secret !== null)
    return secrets.length > 0 && handler.authenticate(connector, request, secrets)
  }

  /** Null for what was sealed elsewhere: then nobody is believed, and a stranger learns no more than of any other. */
  async function open({ id }: MdmConnector, sealed: Uint8Array): Promise<Uint8Array | null> {
    try {
      return await signer.open('connector-hook', id, sealed)
    } catch (error) {
      if (isRefusal(error, 'invalid_input')) return null
      throw error
    }
  }

  /**
   * An administrator who sets up the MDM sees here that it came, and was wrong. A stranger cannot fill the log; nor tell by
   * the time it takes which connectors there are, for those that do not exist are counted all the same.
   */
  async function noteWrong(connector: MdmConnector | null, began: number): Promise<void> {
    const key = `hook:wrong-noted:${connector?.id ?? 'unknown'}`
    if (await isLimitReached(key, WRONG_NOTED_PER_MINUTE, 60)) return
    await limit(key, WRONG_NOTED_PER_MINUTE, 60).catch(() => {})
    if (connector === null) return
    const detail =
      'A message came whose secret or signature is not right. If your MDM sent it, give it the hook secret anew.'
    const note = { operation: 'message', outcome: 'refused', code: UNAUTHENTICATED, detail } as const
    await calls.note(lineOf(connector, note, 401, began))
  }

  function lineOf(connector: MdmConnector, note: HookNote, status: number | null, began: number): ConnectorCall {
    return {
      connectorId: connector.id,
      direction: 'in',
      target: `/hooks/${connector.slug}`,
      status,
      milliseconds: elapsed() - began,
      attempt: 1,
      enrolmentTransactionId: null,
      correlationId: null,
      ...note,
    }
  }
}

function faultNote(error: unknown): HookNote {
  if (isRefusal(error))
    return {
      operation: 'message',
      outcome: error.code === 'unavailable' ? 'failed' : 'refused',
      code: error.reason,
      detail: error.sentence,
    }
  return { operation: 'message', outcome: 'failed', code: 'internal', detail: 'Something failed on our side.' }
}

function actorOf({ id, name }: MdmConnector, { ip, headers }: HookRequest, requestId: string): Actor {
  const userAgent = headers.get('user-agent')?.slice(0, 256) ?? null
  return { type: 'service', id, name, role: null, via: 'api', ip, userAgent, requestId }
}
