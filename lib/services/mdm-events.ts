/** What any MDM may post about its devices and their users, by Standard Webhooks: read, taken in once, and answered. */
import { createHash } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { Json } from './audit'
import type { DeviceReport, DeviceReports } from './device-types'
import type { MdmKindDefinition } from './mdm-connector-types'
import { parseMdmEvent } from './mdm-event-message'
import type { HookAnswer, HookHandler } from './mdm-hooks'
import { signedByStandard, standardMessage } from './webhook-signature'

/** The answer, and the line in the log of calls. */
interface KeptAnswer {
  status: number
  document: { [key: string]: Json }
}

export interface HookMessageStore {
  /** One caller takes a message; all others learn what stands in the way. A claim without an answer lapses after a minute. */
  claim(
    connectorId: string,
    messageId: string,
    bodySha256: Uint8Array,
  ): Promise<{ claim: 'mine' } | { claim: 'running' } | { claim: 'answered'; bodySha256: Uint8Array; answer: Json }>
  finish(connectorId: string, messageId: string, answer: { [key: string]: Json }): Promise<void>
  /** Acting on it failed: the repetition may try. */
  release(connectorId: string, messageId: string): Promise<void>
  /**
   * By which id a device of this connector is known: the one given, if it is, else that of the device with this serial
   * number or UDID, one that is still there before one that is gone. Null for an unknown one.
   */
  knownDevice(
    connectorId: string,
    ids: { externalId: string | null; serial: string | null; udid: string | null },
  ): Promise<string | null>
}

export interface MdmEventsDependencies {
  messages: HookMessageStore
  reports: Pick<DeviceReports, 'report' | 'reportUser'>
  clock(): Date
}

/** Any MDM that only tells us about its devices needs to know nothing, and is asked nothing. */
export const EVENTS_KIND: MdmKindDefinition = {
  kind: 'events',
  checkedSettings: () => ({}),
  checkedCredential: null,
  credentialMoves: () => false,
  test: null,
}

const LARGEST_BODY = 64 * 1024
const CLOCKS_DIFFER_MS = 5 * 60_000

export function createMdmEvents({ messages, reports, clock }: MdmEventsDependencies): HookHandler {
  return {
    kind: 'events',
    largestBody: LARGEST_BODY,

    authenticate(_connector, { headers, body }, secrets) {
      const message = standardMessage(headers)
      return message !== null && signedByStandard(message, body, secrets)
    },

    async handle(connector, { headers, body }, actor) {
      const message = standardMessage(headers)
      if (message === null) throw new Error('a message without headers was believed')
      if (Math.abs(clock().getTime() - message.at.getTime()) > CLOCKS_DIFFER_MS)
        throw new Refusal('invalid_input', 'webhook-timestamp is more than five minutes from our clock.', {
          reason: 'stale',
        })
      const bodySha256 = new Uint8Array(createHash('sha256').update(body).digest())
      const standing = await messages.claim(connector.id, message.id, bodySha256)
      switch (standing.claim) {
        case 'running':
          throw new Refusal('conflict', 'This message is being acted on. Send it again in a few seconds.', {
            reason: 'still_running',
            retryAfterSeconds: 5,
          })
        case 'answered':
          if (Buffer.compare(standing.bodySha256, bodySha256) !== 0)
            throw new Refusal('conflict', 'This webhook-id was used for another message. Use a new one.', {
              reason: 'id_reused',
            })
          return answerOf(standing.answer as unknown as KeptAnswer, 'repeated')
        case 'mine':
          return acted(connector.id, message.id, body, actor)
      }
    },
  }

  async function acted(connectorId: string, messageId: string, body: Uint8Array, actor: Actor): Promise<HookAnswer> {
    try {
      const answer = await act(connectorId, messageId, body, actor)
      await messages.finish(connectorId, messageId, { ...answer })
      return answerOf(answer, null)
    } catch (error) {
      await messages.release(connectorId, messageId)
      throw error
    }
  }

  async function act(connectorId: string, id: string, body: Uint8Array, actor: Actor): Promise<KeptAnswer> {
    const event = parseMdmEvent(body)
    switch (event.about) {
      case 'nothing':
        return { status: 202, document: { id, type: event.type, acted: false, devices: 0 } }
      case 'user': {
        const devices = await reports.reportUser(actor, connectorId, event.user, event.disabled)
        return { status: 200, document: { id, type: event.type, acted: true, devices } }
      }
      case 'device': {
        const { externalId, ...rest } = event.report
        const ids = { externalId, serial: rest.serial ?? null, udid: rest.udid ?? null }
        const known = (await messages.knownDevice(connectorId, ids)) ?? externalId ?? ownId(rest)
        await reports.report(actor, connectorId, [{ ...rest, externalId: known }], 'event')
        return { status: 200, document: { id, type: event.type, acted: true, devices: 1 } }
      }
    }
  }
}

/** For a device that its MDM names by what is printed on it. */
function ownId({ serial, udid }: Omit<DeviceReport, 'externalId'>): string {
  return serial ? `serial:${serial}` : `udid:${udid}`
}

function answerOf({ status, document }: KeptAnswer, code: 'repeated' | null): HookAnswer {
  const type = typeof document.type === 'string' ? document.type : 'unknown'
  const ignored = document.acted === false
  return {
    status,
    headers: { 'Content-Type': 'application/json' },
    body: Buffer.from(JSON.stringify(document), 'utf8'),
    note: {
      operation: type,
      outcome: 'success',
      code: code ?? (ignored ? 'ignored' : null),
      detail: ignored
        ? 'This type of event means nothing here.'
        : code === 'repeated'
          ? 'Seen before: answered as then, and acted on no more.'
          : `Devices concerned: ${document.devices}.`,
      correlationId: typeof document.id === 'string' ? document.id : null,
    },
  }
}
