/** What Jamf Pro's answers say, and what is to be done about those that are none. */
import { JamfFault } from '@/lib/services/jamf-api'
import type { OutboundAnswer } from '@/lib/services/outbound'
import { parseError } from './jamf-records'

/** Undefined where it is no JSON. */
export function bodyOf(answer: OutboundAnswer): unknown {
  if (!answer.answered) return undefined
  try {
    return JSON.parse(Buffer.from(answer.body).toString('utf8'))
  } catch {
    return undefined
  }
}

/** A page of a proxy, or of Jamf while it starts, says 404 as well. */
export function saysNotFound(answer: OutboundAnswer, body: unknown): boolean {
  return answer.answered && answer.status === 404 && parseError(body)?.status === 404
}

/** `privilege` is what the role needs for the call. */
export function faultOf(answer: OutboundAnswer, body: unknown, privilege: string): JamfFault | null {
  if (!answer.answered) return unreachable(answer)
  const { status } = answer
  const code = parseError(body)?.code ?? `HTTP ${status}`
  switch (status) {
    case 200:
      return body === undefined || body === null ? unexpected('no JSON, perhaps a page about maintenance') : null
    case 401:
      return new JamfFault(
        'credential',
        code,
        'Jamf Pro does not accept the token it has just given.',
        'Look whether the API client is enabled, and whether a proxy in between removes the Authorization header.',
      )
    case 403:
      return new JamfFault(
        'privilege',
        code,
        `The API role lacks the privilege “${privilege}”.`,
        `Add “${privilege}” to the role under Settings, API roles and clients, and save.`,
      )
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return new JamfFault(
        'busy',
        code,
        `Jamf Pro cannot answer now (HTTP ${status}).`,
        'Nothing is to be done: it is asked again.',
      )
    default:
      return new JamfFault(
        'answer',
        code,
        `Jamf Pro answered HTTP ${status}.`,
        'Look whether the address is that of Jamf Pro itself, and whether Jamf Pro is being maintained.',
      )
  }
}

export function tokenFault(answer: OutboundAnswer, body: unknown): JamfFault | null {
  const status = answer.answered ? answer.status : null
  if (status !== 400 && status !== 401 && status !== 403) return faultOf(answer, body, 'any')
  return new JamfFault(
    'credential',
    parseError(body)?.code ?? `HTTP ${status}`,
    'Jamf Pro does not know this client ID with this client secret.',
    'Look under Settings, API roles and clients: the client must be enabled. Generate a new client secret and enter it here.',
  )
}

function unreachable({ fault, detail }: Extract<OutboundAnswer, { answered: false }>): JamfFault {
  const advice =
    fault === 'address_refused'
      ? 'If this server is in your own network, add its host to the allowed hosts of the connector.'
      : 'Look whether the address is right and whether this machine may reach it.'
  return new JamfFault('unreachable', fault, detail, advice)
}

export function unexpected(what: string): JamfFault {
  return new JamfFault(
    'answer',
    'unexpected_answer',
    `Jamf Pro answered something else than it should: ${what}.`,
    'Look whether the address is that of Jamf Pro itself, and whether Jamf Pro is being maintained.',
  )
}
