/** What a signed challenge is worth, part by part, as its redemption would find it: nothing is written down or counted. */
import type { ChallengeConstraints } from './challenges'
import { EnrolmentRefusal } from './enrolment-refusals'
import {
  createSignedJudgement,
  hourOf,
  type JudgementDependencies,
  type Place,
  signedHandle,
  type TrustedMinter,
  usedUp,
} from './signed-judgement'
import { readToken, type TokenClaims, TokenFault } from './signed-token'

/** In the order in which a redemption asks. */
export type TokenPart = 'form' | 'issuer' | 'signature' | 'limits' | 'lifetime' | 'minter' | 'audience' | 'hour' | 'jti'

export interface TokenInspection {
  minter: string | null
  /** Those that could be looked at, each with why it fails. */
  parts: { part: TokenPart; refusal: EnrolmentRefusal | null }[]
  /** What the token binds, where it may be believed. */
  constraints: ChallengeConstraints | null
  /** Of the row that stands for the token since it was presented before. */
  knownAs: Uint8Array | null
}

export interface SignedInspection {
  /** Null for a value that does not open. */
  inspect(endpoint: Place, value: string): Promise<TokenInspection | null>
}

export interface SignedInspectionDependencies extends JudgementDependencies {
  /** AccessService.isLimitReached. */
  isLimitReached(key: string, count: number, seconds: number): Promise<boolean>
}

export function createSignedInspection(dependencies: SignedInspectionDependencies): SignedInspection {
  const { isLimitReached } = dependencies
  const judgement = createSignedJudgement(dependencies)

  return {
    async inspect(endpoint, value) {
      const found = await judgement.open(endpoint.id, value)
      if (found === null) return null
      const parts: TokenInspection['parts'] = []
      const verdict = await verified(found.opened, parts)
      if (verdict === null) return { minter: null, parts, constraints: null, knownAs: null }
      const { minter, claims } = verdict
      const handleHash = signedHandle(endpoint.id, minter.id, claims.jti)
      const bound = await looked(parts, 'limits', () => judgement.bound(claims, minter, found.profile))
      await looked(parts, 'lifetime', () => judgement.until(claims, minter))
      await looked(parts, 'minter', () => judgement.allowedAt(endpoint, minter))
      await looked(parts, 'audience', () => judgement.meantFor(endpoint, claims, minter))
      const seen = await looked(parts, 'jti', () => judgement.unused(handleHash, found.opened, minter))
      if (seen === 'new') await looked(parts, 'hour', () => refuseAtLimit(minter))
      return {
        minter: minter.name,
        parts,
        constraints: bound?.constraints ?? null,
        knownAs: seen === 'known' ? handleHash : null,
      }
    },
  }

  /** Null when it proves nothing: the last part says why. */
  async function verified(
    opened: Uint8Array,
    parts: TokenInspection['parts'],
  ): Promise<{ minter: TrustedMinter; claims: TokenClaims } | null> {
    const token = await looked(parts, 'form', () => readToken(opened))
    const minter = token && (await looked(parts, 'issuer', () => judgement.minterOf(token)))
    const claims = token && minter && (await looked(parts, 'signature', () => token.verify(minter.keys)))
    return minter && claims ? { minter, claims } : null
  }

  async function refuseAtLimit(minter: TrustedMinter): Promise<void> {
    if (await isLimitReached(...hourOf(minter))) throw usedUp(minter)
  }
}

/** Notes the part; null when it was refused. */
async function looked<T>(
  parts: TokenInspection['parts'],
  part: TokenPart,
  look: () => T | Promise<T>,
): Promise<T | null> {
  try {
    const found = await look()
    parts.push({ part, refusal: null })
    return found
  } catch (error) {
    if (error instanceof TokenFault) parts.push({ part, refusal: new EnrolmentRefusal('token_invalid', error.message) })
    else if (error instanceof EnrolmentRefusal) parts.push({ part, refusal: error })
    else throw error
    return null
  }
}
