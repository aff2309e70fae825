/** Callers share a statement, and none of them pays for another's fault. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { together } from './together'

describe('together()', () => {
  test('whoever calls at once or while a statement runs shares the next one, and everybody gets their own result', async () => {
    const statements: number[][] = []
    const double = together(async (items: number[]) => {
      statements.push(items)
      await new Promise((resolve) => setImmediate(resolve))
      return items.map((item) => item * 2)
    })
    const first = [double(1), double(2)]
    await new Promise((resolve) => setImmediate(resolve))
    const second = [double(3), double(4)]
    expect(await Promise.all([...first, ...second])).toEqual([2, 4, 6, 8])
    expect(statements).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(await double(5)).toBe(10)
  })

  test('those who wait are sent on before those who were answered go on', async () => {
    const happened: string[] = []
    const note = together(async (items: string[]) => {
      happened.push(`sent ${items.join(' ')}`)
      await new Promise((resolve) => setImmediate(resolve))
      return items
    })
    const then = async (item: string) => happened.push(`answered ${await note(item)}`)
    const first = then('a')
    await new Promise((resolve) => setImmediate(resolve))
    await Promise.all([first, then('b')])
    expect(happened).toEqual(['sent a', 'sent b', 'answered a', 'answered b'])
  })

  test('no statement carries more than it may', async () => {
    const sizes: number[] = []
    const same = together(async (items: number[]) => {
      sizes.push(items.length)
      return items
    }, 2)
    expect(await Promise.all([same(1), same(2), same(3), same(4), same(5)])).toEqual([1, 2, 3, 4, 5])
    expect(sizes).toEqual([2, 2, 1])
  })

  test('a fault of one item is that item’s alone', async () => {
    const careful = together(async (items: number[]) => {
      if (items.includes(2)) throw new Error('two is wrong')
      return items
    })
    expect(await Promise.allSettled([careful(1), careful(2), careful(3)])).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: new Error('two is wrong') },
      { status: 'fulfilled', value: 3 },
    ])
  })

  test('an outage is everybody’s, and nobody is tried again', async () => {
    let statements = 0
    const broken = together(async (_items: number[]): Promise<number[]> => {
      statements += 1
      throw Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })
    })
    const outcomes = await Promise.allSettled([broken(1), broken(2)])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(statements).toBe(1)
  })
})

describe('together() with those who are under way', () => {
  afterEach(() => vi.useRealTimers())

  /** So many callers are expected. */
  function gathering(expected: number, { most, milliseconds = 10 }: { most?: number; milliseconds?: number } = {}) {
    vi.useFakeTimers()
    const from = performance.now()
    const statements: { at: number; items: string[] }[] = []
    const same = together(
      async (items: string[]) => {
        statements.push({ at: performance.now() - from, items })
        await new Promise((resolve) => setTimeout(resolve, milliseconds))
        return items
      },
      most,
      { enter: () => () => {}, expected: () => expected },
    )
    return { same, statements, items: () => statements.map(({ items }) => items.join(' ')) }
  }

  /** A first statement, from which it is known how long one takes; those for whom nobody waits yet are alone in it. */
  async function oneBefore({ same, statements }: ReturnType<typeof gathering>) {
    const first = same('before')
    await vi.advanceTimersByTimeAsync(15)
    expect(await first).toBe('before')
    statements.length = 0
  }

  test('a statement begins as soon as half of them are here', async () => {
    const those = gathering(7)
    await oneBefore(those)
    const now = performance.now()
    const answers = [those.same('a'), those.same('b')]
    await vi.advanceTimersByTimeAsync(8)
    answers.push(those.same('c'))
    await vi.advanceTimersByTimeAsync(8)
    expect(those.items()).toEqual([])
    answers.push(those.same('d'))
    await vi.advanceTimersByTimeAsync(1)
    expect(those.items()).toEqual(['a b c d'])
    await vi.advanceTimersByTimeAsync(10)
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c', 'd'])
    expect(performance.now() - now).toBe(27)
  })

  test('and takes all who are', async () => {
    const those = gathering(4)
    await oneBefore(those)
    const answers = [those.same('a')]
    await vi.advanceTimersByTimeAsync(8)
    expect(those.items()).toEqual([])
    answers.push(those.same('b'), those.same('c'))
    await vi.advanceTimersByTimeAsync(1)
    expect(those.items()).toEqual(['a b c'])
    await vi.advanceTimersByTimeAsync(10)
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c'])
  })

  test('who does not come is waited for no longer than 25 ms', async () => {
    const those = gathering(4)
    await oneBefore(those)
    const answer = those.same('a')
    await vi.advanceTimersByTimeAsync(24)
    expect(those.items()).toEqual([])
    await vi.advanceTimersByTimeAsync(6)
    expect(those.items()).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(10)
    expect(await answer).toBe('a')
  })

  test('nor for longer than four times a statement', async () => {
    const those = gathering(4, { milliseconds: 2 })
    await oneBefore(those)
    const answer = those.same('a')
    await vi.advanceTimersByTimeAsync(7)
    expect(those.items()).toEqual([])
    await vi.advanceTimersByTimeAsync(3)
    expect(those.items()).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(2)
    expect(await answer).toBe('a')
  })

  test.each([1, 3])('where %i are expected, nobody waits', async (expected) => {
    const those = gathering(expected)
    await oneBefore(those)
    const answers = [those.same('a')]
    await vi.advanceTimersByTimeAsync(1)
    expect(those.items()).toEqual(['a'])
    answers.push(those.same('b'))
    await vi.advanceTimersByTimeAsync(20)
    expect(those.items()).toEqual(['a', 'b'])
    expect(await Promise.all(answers)).toEqual(['a', 'b'])
  })

  test('nor does anybody wait for more than one statement takes', async () => {
    const those = gathering(100, { most: 2 })
    await oneBefore(those)
    const answers = ['a', 'b', 'c', 'd', 'e'].map(those.same)
    await vi.advanceTimersByTimeAsync(12)
    expect(those.items()).toEqual(['a b', 'c d'])
    await vi.advanceTimersByTimeAsync(60)
    expect(those.items()).toEqual(['a b', 'c d', 'e'])
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('half of many is more than one statement takes, and then as many as it takes are waited for', async () => {
    const those = gathering(100, { most: 8 })
    await oneBefore(those)
    const answers = ['a', 'b', 'c', 'd'].map(those.same)
    await vi.advanceTimersByTimeAsync(5)
    expect(those.items()).toEqual([])
    answers.push(...['e', 'f', 'g', 'h'].map(those.same))
    await vi.advanceTimersByTimeAsync(1)
    expect(those.items()).toEqual(['a b c d e f g h'])
    await vi.advanceTimersByTimeAsync(10)
    expect(await Promise.all(answers)).toHaveLength(8)
  })

  test('those of the statement before hear of theirs while the others are waited for', async () => {
    const those = gathering(4)
    await oneBefore(those)
    const heard: string[] = []
    for (const item of ['a', 'b', 'c', 'd']) void those.same(item).then((answer) => heard.push(answer))
    await vi.advanceTimersByTimeAsync(2)
    const late = those.same('e')
    await vi.advanceTimersByTimeAsync(10)
    expect(heard).toEqual(['a', 'b', 'c', 'd'])
    expect(those.items()).toEqual(['a b c d'])
    await vi.advanceTimersByTimeAsync(60)
    expect(await late).toBe('e')
  })
})
