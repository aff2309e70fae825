/** An answer that holds for a moment, however many ask; those who ask while it is being found wait for the same one. */
/** An answer that does not come is asked for again, for the fault may be gone. */
const LONGEST_WAIT = 10_000

export function keptAnswer<T>(milliseconds: number, find: () => Promise<T>, now: () => number): () => Promise<T> {
  let kept: { answer: Promise<T>; until: number } | null = null
  return () => {
    if (kept && now() < kept.until) return kept.answer
    const mine = { answer: find(), until: now() + LONGEST_WAIT }
    kept = mine
    mine.answer.then(
      () => {
        mine.until = now() + milliseconds
      },
      () => {
        if (kept === mine) kept = null
      },
    )
    return mine.answer
  }
}
