/** Challenges that registered minters sign. */
export interface SignedChallenges {
  accept(p: unknown, v: string): Promise<Uint8Array | null>
}
