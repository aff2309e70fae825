/** Callers of the same moment share one piece of work, such as a statement with its round trip and its commit. */
import type { UnderWay } from './under-way'

interface Waiting<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Nobody waits for the others for longer than this, nor than four times as long as the work took the last time: with less, those
 * who came without waiting find it quick, wait too little for the others, and stay few.
 */
const MOST_PATIENCE_MS = 25
const PATIENCE_BY_WORK = 4
/** For so few nobody waits: it would cost each of them more than it saves. */
const FEW = 3
/** The other half has time to get ready while this one is worked for; with all of them in one, everybody waits for the work. */
const SHARE_OF_EXPECTED = 0.5

/**
 * `run` does all of its items or none, and returns one result each. Whoever calls while it runs is in the next one. After a
 * fault each item is done by itself, for it may be another's; unless the fault `concernsAll`. With `underWay`, the work
 * begins when half as many have called as are expected, or as many as it can take, or when patience ends.
 */
export function togetherUnless<Item, Result>(
  concernsAll: (error: unknown) => boolean,
  run: (items: Item[]) => Promise<Result[]>,
  most = 32,
  underWay?: UnderWay,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = []
  let running = false
  let patience = 0
  let notice = (): void => {}

  async function work(): Promise<void> {
    let deliver = (): void => {}
    while (waiting.length > 0) {
      if (!enoughHere()) {
        // Those who hear of theirs now may be here again, or gone, before the others are.
        setImmediate(deliver)
        deliver = () => {}
        await theOthers()
      }
      const batch = waiting.slice(0, most)
      waiting = waiting.slice(most)
      // Under way before the ones before it hear of theirs: what they do next must not keep this from being sent.
      setImmediate(deliver)
      const from = performance.now()
      deliver = await outcomeOf(batch)
      patience = Math.min(MOST_PATIENCE_MS, PATIENCE_BY_WORK * (performance.now() - from))
    }
    running = false
    setImmediate(deliver)
  }

  function enoughHere(): boolean {
    const expected = underWay?.expected() ?? 0
    return expected <= FEW || waiting.length >= Math.min(most, Math.ceil(expected * SHARE_OF_EXPECTED))
  }

  function theOthers(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        notice = () => {}
        resolve()
      }
      const timer = setTimeout(done, patience)
      notice = () => {
        if (enoughHere()) done()
      }
    })
  }

  /** Tells each of them what became of it. */
  async function outcomeOf(batch: Waiting<Item, Result>[]): Promise<() => void> {
    try {
      const results = await run(batch.map(({ item }) => item))
      const answers = batch.map(({ resolve }, index) => ({ resolve, result: results[index] as Result }))
      return () => {
        for (const { resolve, result } of answers) resolve(result)
      }
    } catch (error) {
      if (batch.length === 1 || concernsAll(error)) {
        return () => {
          for (const { reject } of batch) reject(error)
        }
      }
      for (const each of batch) (await outcomeOf([each]))()
      return () => {}
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      notice()
      if (running) return
      running = true
      // Requests that arrived in the same turn of the event loop are here by then.
      setImmediate(() => void work())
    })
}
