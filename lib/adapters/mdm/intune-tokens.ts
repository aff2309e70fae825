/** Tokens from Entra (intune.md §3): one per scope, fetched once for all who want it, and forgotten as soon as it is refused. */
import { createHash } from 'node:crypto'
import { type IntuneCredential, intuneCredential, intuneSettings } from '@/lib/services/intune-settings'
import type { Unsaid } from '@/lib/services/intune-types'
import type { MdmConnector } from '@/lib/services/mdm-connector-types'
import type { Signer } from '@/lib/services/signer'
import { clientAssertion } from './intune-assertion'
import { type Exchange, failed, isOk, isWorthARetry, okJson, type Reply, shortText, unsaid } from './intune-exchange'

export type Scope = 'graph' | 'intune'

export interface TokenRequest {
  connector: MdmConnector
  scope: Scope
  enrolmentTransactionId: string | null
  deadline: number
}

export type TokenAnswer = { said: true; token: string } | (Unsaid & { refusal: EntraRefusal | null })

/** What Entra said no with. */
export interface EntraRefusal {
  /** Such as invalid_client. */
  error: string
  /** Such as AADSTS7000215. */
  code: string | null
}

export interface IntuneTokens {
  token(request: TokenRequest): Promise<TokenAnswer>
  /** One made anew, whatever is kept and whatever was refused a moment ago. */
  fresh(request: TokenRequest): Promise<TokenAnswer>
  /** The service has refused this very token. */
  drop(connector: MdmConnector, scope: Scope, token: string): void
}

export interface TokensOptions {
  exchange: Exchange
  signer: Pick<Signer, 'open' | 'signClientAssertion'>
  clock(): Date
  monotonic(): number
  pause(milliseconds: number): Promise<void>
}

interface Kept {
  token: string
  until: number
}

/** Before its end a token is worth nothing to a request that is on its way. */
const MARGIN_MS = 60_000
const RETRY_AFTER_MS = 500
/** A credential that was refused is refused again: nobody hammers Entra with it, whose lock-outs are worse. */
const BACK_OFF_MS = { first: 10_000, longest: 300_000 }
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export function createIntuneTokens({ exchange, signer, clock, monotonic, pause }: TokensOptions): IntuneTokens {
  const kept = new Map<string, Kept>()
  const fetching = new Map<string, Promise<TokenAnswer>>()
  const refused = new Map<string, { answer: TokenAnswer; until: number; times: number }>()

  return {
    async token(request) {
      const key = keyOf(request.connector, request.scope)
      const known = kept.get(key)
      if (known !== undefined && known.until > monotonic()) return { said: true, token: known.token }
      const identity = identityOf(request.connector)
      const before = refused.get(identity)
      if (before !== undefined && before.until > monotonic() && !before.answer.said)
        return { ...before.answer, fault: 'backing_off', detail: `${before.answer.detail} It is not asked again yet.` }
      return collapsed(key, request)
    },

    fresh: (request) => collapsed(`${keyOf(request.connector, request.scope)}:fresh`, request),

    drop(connector, scope, token) {
      const key = keyOf(connector, scope)
      if (kept.get(key)?.token === token) kept.delete(key)
    },
  }

  function collapsed(key: string, request: TokenRequest): Promise<TokenAnswer> {
    const running = fetching.get(key) ?? fetchToken(request).finally(() => fetching.delete(key))
    fetching.set(key, running)
    return running
  }

  async function fetchToken(request: TokenRequest): Promise<TokenAnswer> {
    const { connector, scope } = request
    const credential = await openCredential(connector)
    if (credential === null) {
      const detail = 'There is no credential for Entra, or it does not open. Enter it on the connector.'
      return { said: false, fault: 'no_credential', detail, refusal: null }
    }
    const first = await ask(request, credential, 1)
    const again = !isOk(first) && isWorthARetry(first) && request.deadline - monotonic() > 2 * RETRY_AFTER_MS
    if (again) await pause(RETRY_AFTER_MS)
    const reply = again ? await ask(request, credential, 2) : first
    const token = tokenOf(reply)
    const identity = identityOf(connector)
    if (token !== null) {
      refused.delete(identity)
      forgetOthers(connector, scope)
      kept.set(keyOf(connector, scope), token)
      return { said: true, token: token.token }
    }
    const answer = noToken(scope, reply)
    if (answer.refusal !== null) backOff(identity, answer)
    return answer
  }

  async function ask({ connector, scope, ...request }: TokenRequest, credential: IntuneCredential, attempt: number) {
    const settings = intuneSettings(connector.settings)
    const url = `${settings.authorityUrl}${settings.tenant}/oauth2/v2.0/token`
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: settings.applicationId,
      scope: scope === 'graph' ? settings.graphScope : settings.intuneScope,
      ...(await proof(credential, url, settings.applicationId)),
    })
    return exchange(
      {
        ...request,
        connector,
        attempt,
        operation: scope === 'graph' ? 'token for Microsoft Graph' : 'token for Intune',
        method: 'POST',
        url,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: Buffer.from(form.toString(), 'utf8'),
        allowedHosts: settings.allowedHosts,
      },
      (reply) => {
        if (tokenOf(reply) !== null) return { outcome: 'success', code: null, detail: null }
        const refusal = refusalOf(reply)
        if (refusal === null) return failed(reply)
        return { outcome: 'refused', code: refusal.code ?? refusal.error, detail: refusal.error }
      },
    )
  }

  async function proof(credential: IntuneCredential, url: string, applicationId: string) {
    if (credential.kind === 'secret') return { client_secret: credential.clientSecret }
    const assertion = await clientAssertion(signer, credential, { audience: url, applicationId, now: clock() })
    return { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion }
  }

  async function openCredential(connector: MdmConnector): Promise<IntuneCredential | null> {
    if (connector.credentialSealed === null) return null
    try {
      return intuneCredential(await signer.open('connector', connector.id, connector.credentialSealed))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'invalid_input') return null
      throw error
    }
  }

  function tokenOf(reply: Reply): Kept | null {
    const { access_token: token, expires_in: seconds } = okJson(reply) ?? {}
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) return null
    const life = Number(seconds) * 1_000
    // One that says nothing of its end serves the request that it was fetched for.
    const left = Number.isFinite(life) ? Math.max(life - Math.min(MARGIN_MS, life / 4), 0) : 0
    return { token, until: monotonic() + left }
  }

  function backOff(identity: string, answer: TokenAnswer): void {
    const times = (refused.get(identity)?.times ?? 0) + 1
    const pauseMs = Math.min(BACK_OFF_MS.first * 2 ** (times - 1), BACK_OFF_MS.longest)
    refused.set(identity, { answer, times, until: monotonic() + pauseMs })
  }

  /** Tokens that an earlier credential got, or earlier settings. */
  function forgetOthers(connector: MdmConnector, scope: Scope): void {
    const key = keyOf(connector, scope)
    for (const other of kept.keys())
      if (other.startsWith(`${connector.id}:${scope}:`) && other !== key) kept.delete(other)
    const identity = identityOf(connector)
    for (const other of refused.keys())
      if (other.startsWith(`${connector.id}:`) && other !== identity) refused.delete(other)
  }
}

/** Whatever an administrator changes about the connector makes another identity of it, which has no token yet. */
function identityOf({ id, settings, credentialSealed }: MdmConnector): string {
  const hash = createHash('sha256').update(JSON.stringify(settings))
  return `${id}:${hash.update(credentialSealed ?? '').digest('hex')}`
}

function keyOf(connector: MdmConnector, scope: Scope): string {
  return `${connector.id}:${scope}:${identityOf(connector)}`
}

function noToken(scope: Scope, reply: Reply): Extract<TokenAnswer, { said: false }> {
  const where =
    scope === 'graph' ? 'Entra, asked for a token for Microsoft Graph,' : 'Entra, asked for a token for Intune,'
  const refusal = refusalOf(reply)
  if (refusal === null) return { ...unsaid(where, reply), refusal: null }
  const { error, code } = refusal
  return {
    said: false,
    fault: 'refused',
    detail: `${where} refused: ${[error, code].filter(Boolean).join(', ')}.`,
    refusal,
  }
}

/** The description repeats what it was sent: of it, the number alone is kept. */
function refusalOf(reply: Reply): EntraRefusal | null {
  if (!reply.answered || reply.status < 400 || reply.status >= 500 || reply.json === null) return null
  const { error, error_description: description, error_codes: codes } = reply.json
  if (typeof error !== 'string') return null
  const number = Array.isArray(codes) && typeof codes[0] === 'number' ? codes[0] : null
  const written = /AADSTS\d{3,9}/.exec(shortText(description))?.[0] ?? null
  return { error: shortText(error).slice(0, 64), code: number === null ? written : `AADSTS${number}` }
}
