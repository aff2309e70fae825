/** Who minted a challenge, and by which way if it was not this portal. */
import type { ChallengeView } from '@/lib/services/challenges'

export function nameOfMinter({ mintedBy, mintedVia }: Pick<ChallengeView, 'mintedBy' | 'mintedVia'>): string {
  if (mintedVia === 'cli') return `${mintedBy} on the command line`
  if (mintedVia === 'signed') return `minter ${mintedBy}`
  if (mintedVia === 'api') return `${mintedBy} by API`
  return mintedBy
}
