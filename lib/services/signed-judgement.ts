/** What a token of somebody else must be to be worth a challenge: opened, signed by its minter, and within the minter's limits. */
import { isRefusal } from '@/lib/errors'
import { sha256 } from './certificate-intent'
import { checkedConstraints, checkedText } from './challenge-constraints'
import { checkedRules, type RuledProfile } from './challenge-rules'
import type { ChallengeConstraints } from './challenges'
import { EnrolmentRefusal } from './enrolment-refusals'
import type { MinterKey } from './minter-keys'
import { brokenLimit, type MinterLimits } from './minter-limits'
import type { EncryptionKeyIds } from './minters'
import { readToken, type TokenClaims, TokenFault, type UnverifiedToken } from './signed-token'
import type { Signer } from './signer'
import type { Urls } from './urls'

export interface AcceptingEndpoint extends EncryptionKeyIds {
  profile: RuledProfile
}

/** A minter as its tokens are judged. */
export interface TrustedMinter extends MinterLimits {
  id: string
  name: string
  enabled: boolean
  keys: MinterKey[]
  perHour: number
  endpointIds: string[]
}

export interface JudgementStore {
  acceptingEndpoint(endpointId: string): Promise<AcceptingEndpoint | null>
  minterOf(issuer: string): Promise<TrustedMinter | null>
  /** The token that this handle was written down for. */
  tokenOf(handleHash: Uint8Array): Promise<string | null>
}

export interface JudgementDependencies {
  store: JudgementStore
  signer: Pick<Signer, 'openToken'>
  urls: Pick<Urls, 'scepUrl'>
  clock(): Date
}

export interface Place {
  id: string
  slug: string
}

/** dynamic-challenge.md §7, attack 16: for clocks that are not ours. */
const TOLERANCE_SECONDS = 300

export type SignedJudgement = ReturnType<typeof createSignedJudgement>

/** Each throws EnrolmentRefusal, or TokenFault for what proves nothing. */
export function createSignedJudgement({ store, signer, urls, clock }: JudgementDependencies) {
  return { open, minterOf, bound, until, allowedAt, meantFor, unused }

  /** Null for a value that does not open. */
  async function open(
    endpointId: string,
    value: string,
  ): Promise<{ opened: Uint8Array; profile: RuledProfile } | null> {
    const endpoint = await store.acceptingEndpoint(endpointId)
    const keyId = endpoint?.[isForRsa(value) ? 'rsaEncryptionKeyId' : 'encryptionKeyId'] ?? null
    if (endpoint === null || keyId === null) return null
    const opened = await signer.openToken(keyId, Buffer.from(value, 'ascii'))
    return opened === null ? null : { opened, profile: endpoint.profile }
  }

  async function minterOf({ issuer }: UnverifiedToken): Promise<TrustedMinter> {
    const minter = await store.minterOf(issuer)
    if (minter === null) throw new TokenFault(`no minter is registered as "${issuer.slice(0, 100)}"`)
    return minter
  }

  /** Everything that a minted challenge would be checked for, and the minter's limits beside. */
  function bound(
    { csr, deviceName }: TokenClaims,
    minter: TrustedMinter,
    profile: RuledProfile,
  ): { constraints: ChallengeConstraints; deviceName: string | null } {
    try {
      const names = checkedConstraints(csr.subject, csr.san)
      const rules = checkedRules(csr.rules, profile)
      const constraints = rules === null ? names : { ...names, rules }
      const broken = brokenLimit(constraints, minter)
      if (broken !== null) throw notAllowed(minter, broken)
      return { constraints, deviceName: checkedText('deviceName', deviceName, 100) }
    } catch (error) {
      if (isRefusal(error, 'invalid_input')) throw notAllowed(minter, error.sentence.slice(0, 300))
      throw error
    }
  }

  /** Until when the row may be redeemed: the tolerance counts there, too. */
  function until({ iat, nbf, exp }: TokenClaims, minter: TrustedMinter): Date {
    const now = clock().getTime() / 1_000
    if (exp <= iat) throw notAllowed(minter, 'exp is not after iat')
    if (exp - iat > minter.maxTtlMinutes * 60)
      throw notAllowed(minter, `it lives longer than the ${minter.maxTtlMinutes} minutes that the minter may give`)
    if (Math.max(iat, nbf ?? 0) > now + TOLERANCE_SECONDS) throw notAllowed(minter, 'it begins in the future')
    if (exp + TOLERANCE_SECONDS <= now)
      throw new EnrolmentRefusal('challenge_expired', 'the signed challenge is past its end', {
        object: { type: 'minter', id: minter.id, name: minter.name },
        data: { presented: true },
      })
    return new Date((exp + TOLERANCE_SECONDS) * 1_000)
  }

  function allowedAt(endpoint: Place, minter: TrustedMinter): void {
    if (!minter.enabled) throw notAllowed(minter, 'the minter is switched off')
    if (!minter.endpointIds.includes(endpoint.id)) throw notAllowed(minter, 'the minter may not mint for this endpoint')
  }

  function meantFor(endpoint: Place, { aud }: TokenClaims, minter: TrustedMinter): void {
    if (aud !== urls.scepUrl(endpoint.slug))
      throw notAllowed(minter, `aud is "${aud.slice(0, 200)}", and must be ${urls.scepUrl(endpoint.slug)}`)
  }

  /** Whether a row stands for this token already; throws when it stands for another one with the same jti. */
  async function unused(handleHash: Uint8Array, opened: Uint8Array, minter: TrustedMinter): Promise<'new' | 'known'> {
    const known = await store.tokenOf(handleHash)
    if (known === null) return 'new'
    if (known !== tokenHash(opened)) throw notAllowed(minter, 'its jti was used before, for another token')
    return 'known'
  }
}

/** Reads, finds the minter and verifies; a fault of the token is a refusal. */
export async function verifiedToken(
  judgement: Pick<SignedJudgement, 'minterOf'>,
  opened: Uint8Array,
): Promise<{ minter: TrustedMinter; claims: TokenClaims }> {
  try {
    const token = readToken(opened)
    const minter = await judgement.minterOf(token)
    return { minter, claims: await token.verify(minter.keys) }
  } catch (error) {
    if (error instanceof TokenFault) throw new EnrolmentRefusal('token_invalid', error.message)
    throw error
  }
}

export function notAllowed(minter: Pick<TrustedMinter, 'id' | 'name'>, detail: string): EnrolmentRefusal {
  return new EnrolmentRefusal('token_not_allowed', detail, {
    object: { type: 'minter', id: minter.id, name: minter.name },
    data: { minter: minter.name },
  })
}

export function usedUp(minter: Pick<TrustedMinter, 'id' | 'name' | 'perHour'>): EnrolmentRefusal {
  return notAllowed(minter, `the minter has used up its ${minter.perHour} challenges of this hour`)
}

/** Of the claims as signed. */
export function tokenHash(opened: Uint8Array): string {
  return Buffer.from(sha256(opened)).toString('hex')
}

/** Not keyed: a jti is no secret, and it must stay spent when keys change. */
export function signedHandle(endpointId: string, minterId: string, jti: string): Uint8Array {
  return sha256(Buffer.from(`signed\0${endpointId}\0${minterId}\0${jti}`, 'utf8'))
}

/** What the first sight of a token counts against. */
export function hourOf({
  id,
  perHour,
}: Pick<TrustedMinter, 'id' | 'perHour'>): [key: string, count: number, seconds: number] {
  return [`minter:${id}`, perHour, 3_600]
}

/** Which of the endpoint's keys to try. The header is not to be believed yet: the signer sees that it fits the key. */
function isForRsa(value: string): boolean {
  try {
    const header: unknown = JSON.parse(Buffer.from(value.slice(0, value.indexOf('.')), 'base64url').toString())
    return typeof header === 'object' && header !== null && 'alg' in header && header.alg === 'RSA-OAEP-256'
  } catch {
    return false
  }
}
