/** Challenges that somebody else mints: opened, verified, held against the minter's limits, and written down for single use. */
import { isRefusal } from '@/lib/errors'
import { encodeName, nameToText } from '@/lib/pki/name'
import type { AuditEntry, Json } from './audit'
import { sha256 } from './certificate-intent'
import { checkedConstraints, checkedText } from './challenge-constraints'
import type { Presentation } from './challenge-presentation'
import { checkedRules, type RuledProfile } from './challenge-rules'
import type { ChallengeConstraints } from './challenges'
import { EnrolmentRefusal } from './enrolment-refusals'
import { printableEntry } from './enrolment-text'
import type { MinterKey } from './minter-keys'
import { brokenLimit, type MinterLimits } from './minter-limits'
import type { EncryptionKeyIds } from './minters'
import { readToken, type TokenClaims, TokenFault } from './signed-token'
import type { Signer } from './signer'
import type { Urls } from './urls'

export interface SignedChallenges {
  /**
   * The handle under which the challenge is now known, pending, so that it is redeemed like any other. Null for a value
   * that does not open. Throws EnrolmentRefusal for one that opens and proves nothing, or what its minter may not say.
   */
  accept(presentation: Presentation, value: string): Promise<Uint8Array | null>
}

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

/** A row to be: pending from its first presentation. */
export interface SignedRow {
  id: string
  endpointId: string
  handleHash: Uint8Array
  expiresAt: Date
  constraints: ChallengeConstraints
  subject: string
  deviceName: string | null
  minter: { id: string; name: string }
  /** Of the claims as signed: the same jti with other claims is another token. */
  tokenSha256: string
  from: string | null
}

export interface SignedStore {
  acceptingEndpoint(endpointId: string): Promise<AcceptingEndpoint | null>
  minterOf(issuer: string): Promise<TrustedMinter | null>
  /** The token that this handle was written down for. */
  tokenOf(handleHash: Uint8Array): Promise<string | null>
  /**
   * Inserts the row with the event, unless its handle is known, its time is over, or its endpoint is switched off or not
   * dynamic. The unique index over handles makes the jti good once.
   */
  accept(row: SignedRow, accepted: AuditEntry): Promise<boolean>
}

export interface SignedChallengesDependencies {
  store: SignedStore
  signer: Pick<Signer, 'openToken'>
  urls: Pick<Urls, 'scepUrl'>
  /** AccessService.limit. */
  limit(key: string, count: number, seconds: number): Promise<void>
  clock(): Date
}

/** dynamic-challenge.md §7, attack 16: for clocks that are not ours. */
const TOLERANCE_SECONDS = 300

export function createSignedChallenges(dependencies: SignedChallengesDependencies): SignedChallenges {
  const { store, signer, urls, limit, clock } = dependencies

  return {
    async accept(presentation, value) {
      const endpoint = await store.acceptingEndpoint(presentation.endpoint.id)
      const keyId = endpoint?.[isForRsa(value) ? 'rsaEncryptionKeyId' : 'encryptionKeyId'] ?? null
      if (endpoint === null || keyId === null) return null
      const opened = await signer.openToken(keyId, Buffer.from(value, 'ascii'))
      if (opened === null) return null
      const { minter, claims } = await verified(opened)
      presentation.trace.note('token.verified', { minter: minter.name })
      const { constraints, deviceName } = boundBy(claims, minter, endpoint.profile)
      const expiresAt = checkedTimes(claims, minter)
      checkedPlace(presentation, claims, minter)

      const row: SignedRow = {
        id: crypto.randomUUID(),
        endpointId: presentation.endpoint.id,
        handleHash: handleOf(presentation.endpoint.id, minter.id, claims.jti),
        expiresAt,
        constraints,
        subject: nameToText(encodeName(constraints.subject)),
        deviceName,
        minter: { id: minter.id, name: minter.name },
        tokenSha256: Buffer.from(sha256(opened)).toString('hex'),
        from: presentation.actor.ip,
      }
      if ((await store.tokenOf(row.handleHash)) === null) {
        await countAgainst(minter)
        await store.accept(row, printableEntry(acceptedEvent(presentation, row)))
      }
      const known = await store.tokenOf(row.handleHash)
      if (known === null) throw notAllowed(minter, 'its time was over, or the endpoint was switched off')
      if (known !== row.tokenSha256) throw notAllowed(minter, 'its jti was used before, for another token')
      return row.handleHash
    },
  }

  async function verified(opened: Uint8Array): Promise<{ minter: TrustedMinter; claims: TokenClaims }> {
    try {
      const token = readToken(opened)
      const minter = await store.minterOf(token.issuer)
      if (minter === null) throw new TokenFault(`no minter is registered as "${token.issuer.slice(0, 100)}"`)
      return { minter, claims: await token.verify(minter.keys) }
    } catch (error) {
      if (error instanceof TokenFault) throw new EnrolmentRefusal('token_invalid', error.message)
      throw error
    }
  }

  function checkedPlace({ endpoint }: Presentation, { aud }: TokenClaims, minter: TrustedMinter): void {
    if (!minter.enabled) throw notAllowed(minter, 'the minter is switched off')
    if (!minter.endpointIds.includes(endpoint.id)) throw notAllowed(minter, 'the minter may not mint for this endpoint')
    if (aud !== urls.scepUrl(endpoint.slug))
      throw notAllowed(minter, `aud is "${aud.slice(0, 200)}", and must be ${urls.scepUrl(endpoint.slug)}`)
  }

  /** Until when the row may be redeemed: the tolerance counts there, too. */
  function checkedTimes({ iat, nbf, exp }: TokenClaims, minter: TrustedMinter): Date {
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

  /** The first time a token is seen counts; seen again, it is the same one. */
  async function countAgainst(minter: TrustedMinter): Promise<void> {
    try {
      await limit(`minter:${minter.id}`, minter.perHour, 3_600)
    } catch (error) {
      if (isRefusal(error, 'rate_limited'))
        throw notAllowed(minter, `the minter has used up its ${minter.perHour} challenges of this hour`)
      throw error
    }
  }
}

/** Everything that a minted challenge would be checked for, and the minter's limits beside. */
function boundBy(
  { csr, deviceName }: TokenClaims,
  minter: TrustedMinter,
  profile: RuledProfile,
): Pick<SignedRow, 'constraints' | 'deviceName'> {
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

/** Which of the endpoint's keys to try. The header is not to be believed yet: the signer sees that it fits the key. */
function isForRsa(value: string): boolean {
  try {
    const header: unknown = JSON.parse(Buffer.from(value.slice(0, value.indexOf('.')), 'base64url').toString())
    return typeof header === 'object' && header !== null && 'alg' in header && header.alg === 'RSA-OAEP-256'
  } catch {
    return false
  }
}

/** Not keyed: a jti is no secret, and it must stay spent when keys change. */
function handleOf(endpointId: string, minterId: string, jti: string): Uint8Array {
  return sha256(Buffer.from(`signed\0${endpointId}\0${minterId}\0${jti}`, 'utf8'))
}

function notAllowed(minter: Pick<TrustedMinter, 'id' | 'name'>, detail: string): EnrolmentRefusal {
  return new EnrolmentRefusal('token_not_allowed', detail, {
    object: { type: 'minter', id: minter.id, name: minter.name },
    data: { minter: minter.name },
  })
}

function acceptedEvent({ endpoint, actor, transactionId }: Presentation, row: SignedRow): AuditEntry {
  const { san, rules } = row.constraints
  return {
    type: 'challenge.accepted',
    outcome: 'success',
    actor,
    object: { type: 'challenge', id: row.id, name: row.subject },
    transactionId,
    data: {
      minter: row.minter.name,
      minterId: row.minter.id,
      binding: { subject: row.subject, san: san.map(({ type, value }) => `${type}:${value}`) },
      ...(rules === undefined ? {} : { rules: rules as unknown as Json }),
      expires: row.expiresAt.toISOString(),
      tokenSha256: row.tokenSha256,
      endpoint: endpoint.slug,
      group: endpoint.groupSlug,
    },
  }
}
