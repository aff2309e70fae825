/** Challenges that somebody else mints: opened, verified, held against the minter's limits, and written down for single use. */
import { isRefusal } from '@/lib/errors'
import { encodeName, nameToText } from '@/lib/pki/name'
import type { AuditEntry, Json } from './audit'
import type { Presentation } from './challenge-presentation'
import type { ChallengeConstraints } from './challenges'
import { printableEntry } from './enrolment-text'
import { newRowId } from './row-id'
import {
  createSignedJudgement,
  hourOf,
  type JudgementDependencies,
  type JudgementStore,
  notAllowed,
  signedHandle,
  type TrustedMinter,
  tokenHash,
  usedUp,
  verifiedToken,
} from './signed-judgement'

export interface SignedChallenges {
  /**
   * The handle under which the challenge is now known, pending, so that it is redeemed like any other. Null for a value
   * that does not open. Throws EnrolmentRefusal for one that opens and proves nothing, or what its minter may not say.
   */
  accept(presentation: Presentation, value: string): Promise<Uint8Array | null>
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

export interface SignedStore extends JudgementStore {
  /**
   * Inserts the row with the event, unless its handle is known, its time is over, or its endpoint is switched off or not
   * dynamic. The unique index over handles makes the jti good once.
   */
  accept(row: SignedRow, accepted: AuditEntry): Promise<boolean>
}

export interface SignedChallengesDependencies extends JudgementDependencies {
  store: SignedStore
  /** AccessService.limit. */
  limit(key: string, count: number, seconds: number): Promise<void>
}

export function createSignedChallenges(dependencies: SignedChallengesDependencies): SignedChallenges {
  const { store, limit } = dependencies
  const judgement = createSignedJudgement(dependencies)

  return {
    async accept(presentation, value) {
      const { endpoint, trace, actor } = presentation
      const found = await judgement.open(endpoint.id, value)
      if (found === null) return null
      const { opened, profile } = found
      const { minter, claims } = await verifiedToken(judgement, opened)
      trace.note('token.verified', { minter: minter.name })
      const { constraints, deviceName } = judgement.bound(claims, minter, profile)
      const expiresAt = judgement.until(claims, minter)
      judgement.allowedAt(endpoint, minter)
      judgement.meantFor(endpoint, claims, minter)

      const row: SignedRow = {
        id: newRowId(),
        endpointId: endpoint.id,
        handleHash: signedHandle(endpoint.id, minter.id, claims.jti),
        expiresAt,
        constraints,
        subject: nameToText(encodeName(constraints.subject)),
        deviceName,
        minter: { id: minter.id, name: minter.name },
        tokenSha256: tokenHash(opened),
        from: actor.ip,
      }
      if ((await judgement.unused(row.handleHash, opened, minter)) === 'known') return row.handleHash
      await countAgainst(minter)
      await store.accept(row, printableEntry(acceptedEvent(presentation, row)))
      if ((await judgement.unused(row.handleHash, opened, minter)) === 'new')
        throw notAllowed(minter, 'its time was over, or the endpoint was switched off')
      return row.handleHash
    },
  }

  /** The first time a token is seen counts; seen again, it is the same one. */
  async function countAgainst(minter: TrustedMinter): Promise<void> {
    try {
      await limit(...hourOf(minter))
    } catch (error) {
      if (isRefusal(error, 'rate_limited')) throw usedUp(minter)
      throw error
    }
  }
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
