/** So many calls at once and no more: the others wait, and those that somebody waits for come first. */

export interface CallPlaces {
  /** False when there was no place in time. */
  enter(options: { patient: boolean; timeoutMs: number }): Promise<boolean>
  leave(): void
}

export function createCallPlaces(most: number): CallPlaces {
  let taken = 0
  const waiting: { patient: boolean; enter(): void }[] = []
  return {
    async enter({ patient, timeoutMs }) {
      if (taken < most) {
        taken += 1
        return true
      }
      if (timeoutMs <= 0) return false
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(entry), 1)
          resolve(false)
        }, timeoutMs)
        const entry = {
          patient,
          enter: () => {
            clearTimeout(timer)
            resolve(true)
          },
        }
        const at = patient ? -1 : waiting.findIndex((each) => each.patient)
        if (at < 0) waiting.push(entry)
        else waiting.splice(at, 0, entry)
      })
    },
    leave() {
      const next = waiting.shift()
      if (next === undefined) taken -= 1
      else next.enter()
    },
  }
}
