/** What Jamf Pro posts: a challenge is asked for and answered at once; whatever else happened is put into a queue. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { sha256 } from './certificate-intent'
import { jamfContentType, parseJamfBody } from './jamf-body'
import { type JamfMessage, readJamfMessage } from './jamf-message'
import type { JamfMinting } from './jamf-minting'
import type { JamfEventQueue } from './jamf-queue'
import { jamfSettings } from './jamf-settings'
import type { MdmConnector } from './mdm-connector-types'
import type { HookAnswer, HookHandler, HookNote, HookRequest } from './mdm-hooks'

export interface JamfHookDependencies {
  minting: JamfMinting
  queue: Pick<JamfEventQueue, 'add'>
}

const LARGEST_BODY = 64 * 1024
/** That wait for one connector; a sync tells what is not taken in. */
export const MOST_WAITING_EVENTS = 10_000
/** The same body within this time is the same event. */
export const SAME_EVENT_MINUTES = 10

export function createJamfHook({ minting, queue }: JamfHookDependencies): HookHandler {
  return {
    kind: 'jamf',
    largestBody: LARGEST_BODY,

    authenticate(connector, request, secrets) {
      const presented = presentedSecret(connector, request)
      // Every one is compared, whichever fits.
      const fits = secrets.map((secret) => presented !== null && isSame(presented, secret))
      return fits.includes(true)
    },

    async handle(connector, request, actor) {
      const type = jamfContentType(request.headers.get('content-type'))
      if (type === null) return unsupported()
      const message = readJamfMessage(parseJamfBody(type, request.body))
      switch (message.about) {
        case 'challenge':
          return minting.mint(connector, message.request, actor)
        case 'nothing':
          return heard(message.event, 'Nothing is done about this event.')
        case 'devices':
        case 'seen':
          return taken(connector, message, request.body)
      }
    },
  }

  async function taken(
    connector: MdmConnector,
    message: Extract<JamfMessage, { about: 'devices' | 'seen' }>,
    body: Uint8Array,
  ): Promise<HookAnswer> {
    // An event is a hint: what nobody can confirm is not acted on.
    if (jamfSettings(connector.settings).clientId === '' || connector.credentialSealed === null)
      return heard(message.event, 'There is no API client to confirm it with, so nothing is done about this event.')
    const added = await queue.add(
      {
        id: crypto.randomUUID(),
        connectorId: connector.id,
        bodySha256: sha256(body),
        event: message.event.slice(0, 100),
        about: message.about,
        devices: message.about === 'seen' ? [message.device] : message.devices,
      },
      { sameMinutes: SAME_EVENT_MINUTES, mostWaiting: MOST_WAITING_EVENTS },
    )
    switch (added) {
      case 'added':
        return heard(message.event, 'It waits for what Jamf Pro says about the device.')
      case 'again':
        return heard(message.event, 'The same event came before.')
      case 'full':
        return heard(message.event, 'Too many events wait: the next sync tells what this one would have.')
    }
  }
}

/** RFC 7617, or what stands in the header; null for none. */
function presentedSecret(connector: MdmConnector, { headers }: HookRequest): Buffer | null {
  const { webhookAuth, webhookUser, webhookHeader } = jamfSettings(connector.settings)
  switch (webhookAuth) {
    case 'header': {
      const value = headers.get(webhookHeader.toLowerCase())?.trim()
      if (value === undefined || value === '') return null
      // Administrators are used to writing it before a secret; it is no part of it.
      return Buffer.from(value.replace(/^Bearer +/i, ''), 'utf8')
    }
    case 'basic': {
      const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(headers.get('authorization') ?? '') ?? []
      if (encoded === undefined) return null
      const decoded = Buffer.from(encoded, 'base64')
      const colon = decoded.indexOf(0x3a)
      if (colon < 0) return null
      const isUser = isSame(decoded.subarray(0, colon), Buffer.from(webhookUser, 'utf8'))
      return isUser ? decoded.subarray(colon + 1) : null
    }
  }
}

/** Of values of any length, in a time that tells nothing of either. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  const hash = (value: Uint8Array) => createHash('sha256').update(value).digest()
  return timingSafeEqual(hash(a), hash(b))
}

function heard(operation: string, detail: string): HookAnswer {
  return answer(200, { operation: operation.slice(0, 100), outcome: 'success', code: null, detail })
}

function unsupported(): HookAnswer {
  const detail = 'Its content type is neither JSON nor XML. Set the webhook to JSON in Jamf Pro.'
  return answer(415, { operation: 'message', outcome: 'refused', code: 'unsupported_media_type', detail })
}

function answer(status: number, note: HookNote): HookAnswer {
  return { status, headers: {}, body: new Uint8Array(0), note }
}
