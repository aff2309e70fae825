/** What was published last, kept in memory per slug: many ask for it, it changes rarely, and a CRL can be large. */

export interface Kept<T> {
  get(slug: string): Promise<T | null>
  /** The next one who asks gets what is true then. */
  forget(slug: string): void
}

/** For so long an answer holds: another instance may have published meanwhile. */
const HOLDS_MS = 1_000
/** A look that takes longer is not waited for by those who come later: the fault may be gone. */
const LOOKS_MS = 10_000
/** Anybody can ask for names that nobody has. */
const MOST_ABSENT = 1_000

/** `look` gets what is kept and may return just that; it runs once at a time per slug. */
export function keepNewest<T>(clock: () => Date, look: (slug: string, kept: T | null) => Promise<T | null>): Kept<T> {
  const present = new Map<string, { value: T; at: number }>()
  const absent = new Map<string, number>()
  const looking = new Map<string, { answer: Promise<T | null>; at: number }>()

  const within = (milliseconds: number, at: number | undefined) => {
    const age = clock().getTime() - (at ?? Number.NaN)
    return age >= 0 && age < milliseconds
  }

  async function lookAgain(slug: string): Promise<T | null> {
    const at = clock().getTime()
    const mine = { answer: look(slug, present.get(slug)?.value ?? null), at }
    looking.set(slug, mine)
    try {
      const value = await mine.answer
      // Whoever forgot it meanwhile knows of something newer.
      if (looking.get(slug) === mine) keep(slug, value, at)
      return value
    } finally {
      if (looking.get(slug) === mine) looking.delete(slug)
    }
  }

  function keep(slug: string, value: T | null, at: number): void {
    absent.delete(slug)
    if (value !== null) return void present.set(slug, { value, at })
    present.delete(slug)
    absent.set(slug, at)
    const [oldest] = absent.keys()
    if (absent.size > MOST_ABSENT && oldest !== undefined) absent.delete(oldest)
  }

  return {
    async get(slug) {
      const kept = present.get(slug)
      if (kept && within(HOLDS_MS, kept.at)) return kept.value
      if (within(HOLDS_MS, absent.get(slug))) return null
      const under = looking.get(slug)
      return under && within(LOOKS_MS, under.at) ? under.answer : lookAgain(slug)
    },
    forget(slug) {
      looking.delete(slug)
      absent.delete(slug)
      const kept = present.get(slug)
      if (kept) kept.at = Number.NEGATIVE_INFINITY
    },
  }
}
