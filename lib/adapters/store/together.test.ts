/** Callers share a statement, and none of them pays for another's fault. */
import { describe, expect, test } from 'vitest'
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
