/** One request to Jamf Pro, and the record of it: never more than five at once, and none beyond the time of its caller. */
import type { JamfAsking, JamfFault } from '@/lib/services/jamf-api'
import { jamfSettings } from '@/lib/services/jamf-settings'
import type { ConnectorCalls } from '@/lib/services/mdm-connector-types'
import type { Outbound, OutboundAnswer } from '@/lib/services/outbound'
import { type CallPlaces, createCallPlaces } from './call-places'

/** What one caller asked for, whatever many requests it takes. */
export interface JamfSession {
  asking: JamfAsking
  url: string
  clientId: string
  allowedHosts: readonly string[]
  /** By the clock that never goes back. */
  end: number
}

export interface JamfRequest {
  method: 'GET' | 'POST'
  url: string
  headers: Readonly<Record<string, string>>
  body: Uint8Array
}

export type TimedAnswer = OutboundAnswer & { milliseconds: number }

export interface JamfExchange {
  session(asking: JamfAsking): JamfSession
  send(session: JamfSession, request: JamfRequest): Promise<TimedAnswer>
  note(
    session: JamfSession,
    call: { operation: string; url: string; answer: TimedAnswer; fault: JamfFault | null; attempt: number },
  ): Promise<void>
}

/** What Jamf Cloud asks of those who call it. */
const AT_ONCE = 5
const ONE_CALL_MS = 30_000

export function createJamfExchange(outbound: Outbound, calls: ConnectorCalls, monotonic: () => number): JamfExchange {
  const places = new Map<string, CallPlaces>()

  return {
    session(asking) {
      const { url, clientId, allowedHosts } = jamfSettings(asking.connector.settings)
      return { asking, url, clientId, allowedHosts, end: monotonic() + asking.timeoutMs }
    },

    async send({ asking, allowedHosts, end }, request) {
      const begun = monotonic()
      const place = placesOf(asking.connector.id)
      if (!(await place.enter({ patient: asking.patient === true, timeoutMs: end - begun }))) return late()
      try {
        const timeoutMs = Math.min(ONE_CALL_MS, end - monotonic())
        if (timeoutMs <= 0) return late()
        const answer = await outbound.send({ ...request, timeoutMs, allowedHosts })
        return { ...answer, milliseconds: monotonic() - begun }
      } finally {
        place.leave()
      }

      function late(): TimedAnswer {
        const detail = 'There was no time left to ask: other calls were under way.'
        return { answered: false, fault: 'timeout', detail, milliseconds: monotonic() - begun }
      }
    },

    async note({ asking }, { operation, url, answer, fault, attempt }) {
      const { host, pathname } = new URL(url)
      const refused = fault?.kind === 'credential' || fault?.kind === 'privilege'
      await calls.note({
        connectorId: asking.connector.id,
        direction: 'out',
        operation,
        target: `${host}${pathname}`,
        status: answer.answered ? answer.status : null,
        outcome: fault === null ? 'success' : refused ? 'refused' : 'failed',
        code: fault?.code ?? null,
        detail: fault?.sentence ?? null,
        milliseconds: Math.round(answer.milliseconds),
        attempt,
        correlationId: null,
        enrolmentTransactionId: asking.enrolmentTransactionId ?? null,
      })
    },
  }

  function placesOf(connectorId: string): CallPlaces {
    const known = places.get(connectorId)
    if (known !== undefined) return known
    const made = createCallPlaces(AT_ONCE)
    places.set(connectorId, made)
    return made
  }
}
