/** Requests of one kind that are under way in this process: whoever does something for many at once can wait for the others. */

/** For how long as many are expected as there were: who was answered may have more to ask, and so may who waits behind him. */
const EXPECTED_AGAIN_MS = 250

export interface UnderWay {
  /** One more, until the function that it returns is called; to call it again does nothing. */
  enter(): () => void
  /** The most there were at one moment lately. */
  expected(): number
}

export function createUnderWay(now: () => number = () => performance.now()): UnderWay {
  let count = 0
  let most = { count: 0, at: 0 }

  function expected(): number {
    if (count >= most.count || now() - most.at > EXPECTED_AGAIN_MS) most = { count, at: now() }
    return most.count
  }

  return {
    expected,
    enter() {
      let inside = true
      count += 1
      expected()
      return () => {
        if (!inside) return
        inside = false
        expected()
        count -= 1
      }
    },
  }
}
