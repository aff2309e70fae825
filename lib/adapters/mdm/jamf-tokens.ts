/** Tokens of Jamf Pro by client credentials: kept until shortly before their end, and one asked for at a time. */
import { isRefusal } from '@/lib/errors'
import { JamfFault } from '@/lib/services/jamf-api'
import { jamfClientSecret } from '@/lib/services/jamf-settings'
import type { Signer } from '@/lib/services/signer'
import type { JamfExchange, JamfSession } from './jamf-exchange'
import { bodyOf, tokenFault, unexpected } from './jamf-faults'
import { parseToken } from './jamf-records'

export interface JamfToken {
  /** Of which server, client and secret: a changed connector has a token of its own. */
  key: string
  value: string
  goodUntil: number
  /** Jamf refused it. */
  refused: boolean
}

export interface JamfTokens {
  /** Throws JamfFault. */
  get(session: JamfSession): Promise<JamfToken>
  /** Whatever is kept. */
  fetch(session: JamfSession): Promise<JamfToken>
}

/** Newer versions have it under /api/v1 as well. */
const TOKEN_PATH = '/api/oauth/token'
const MOST_MARGIN_SECONDS = 30

export function createJamfTokens(
  exchange: JamfExchange,
  signer: Pick<Signer, 'open'>,
  monotonic: () => number,
): JamfTokens {
  const kept = new Map<string, Promise<JamfToken>>()

  return { get, fetch }

  /** One for all that ask at once; one that could not be had is asked for again by the next. */
  async function get(session: JamfSession): Promise<JamfToken> {
    const { id } = session.asking.connector
    const held = kept.get(id)
    if (held !== undefined) {
      const token = await held.catch(() => null)
      if (token !== null && token.key === keyOf(session) && !token.refused && monotonic() < token.goodUntil)
        return token
      if (kept.get(id) !== held) return get(session)
    }
    const asked = fetch(session)
    kept.set(id, asked)
    asked.catch(() => {
      if (kept.get(id) === asked) kept.delete(id)
    })
    return asked
  }

  async function fetch(session: JamfSession): Promise<JamfToken> {
    const { connector } = session.asking
    if (connector.credentialSealed === null || session.clientId === '')
      throw new JamfFault(
        'credential',
        'no_credential',
        'There is no API client to ask with.',
        'Enter the client ID and the client secret of an API client of Jamf Pro.',
      )
    const clientSecret = await opened(connector.id, connector.credentialSealed)
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: session.clientId,
      client_secret: clientSecret,
    })
    const url = `${session.url}${TOKEN_PATH}`
    const answer = await exchange.send(session, {
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: Buffer.from(form.toString(), 'utf8'),
    })
    const body = bodyOf(answer)
    const token = parseToken(body)
    const fault = tokenFault(answer, body) ?? (token === null ? unexpected('no token') : null)
    await exchange.note(session, { operation: 'token', url, answer, fault, attempt: 1 })
    if (token === null || fault !== null) throw fault ?? unexpected('no token')
    // A client's tokens may live for a minute only.
    const margin = Math.min(MOST_MARGIN_SECONDS, token.seconds / 10)
    const goodUntil = monotonic() + (token.seconds - margin) * 1_000
    return { key: keyOf(session), value: token.token, goodUntil, refused: false }
  }

  /** One that was sealed elsewhere is no fault of the call: it is entered anew. */
  async function opened(connectorId: string, sealed: Uint8Array): Promise<string> {
    try {
      return jamfClientSecret(await signer.open('connector', connectorId, sealed))
    } catch (error) {
      if (!isRefusal(error, 'invalid_input')) throw error
      throw new JamfFault(
        'credential',
        'no_credential',
        'The client secret cannot be opened.',
        'Enter the client secret of the API client of Jamf Pro anew.',
      )
    }
  }
}

/** The sealed bytes differ whenever the credential was entered anew. */
function keyOf({ asking, url, clientId }: JamfSession): string {
  const sealed = Buffer.from(asking.connector.credentialSealed ?? []).toString('base64')
  return JSON.stringify([url, clientId, sealed])
}
