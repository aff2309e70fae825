/** Jobs: once per period however many instances there are, errors kept, an orderly end. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { memoryJobStore } from '@/lib/services/testing/certificate-stores'
import { startJobs } from './runner'

const START = new Date('2026-11-23T12:00:00Z')

beforeEach(() => {
  vi.useFakeTimers({ now: START })
})

afterEach(() => {
  vi.useRealTimers()
})

const clock = () => new Date()

test('two instances run a job once per period', async () => {
  const { store, rows } = memoryJobStore()
  const runs: string[] = []
  const job = (by: string) => ({
    name: 'count',
    everySeconds: 1,
    run: async () => {
      runs.push(by)
    },
  })
  const instances = ['a', 'b'].map((instance) => startJobs([job(instance)], store, clock, { instance, log: () => {} }))
  await vi.advanceTimersByTimeAsync(10_000)
  await Promise.all(instances.map((instance) => instance.stop()))
  expect(runs.length).toBeGreaterThanOrEqual(8)
  expect(runs.length).toBeLessThanOrEqual(11)
  expect(rows.get('count')).toMatchObject({ claimedBy: null, lastError: null })
})

test('an error is logged, recorded, and does not end the job', async () => {
  const { store, rows } = memoryJobStore()
  const log = vi.fn()
  const run = vi.fn().mockRejectedValueOnce(new Error('no signer')).mockResolvedValue(undefined)
  const jobs = startJobs([{ name: 'fragile', everySeconds: 1, run }], store, clock, { log })
  await vi.advanceTimersByTimeAsync(100)
  expect(log).toHaveBeenCalledWith('job fragile: Error: no signer')
  expect(rows.get('fragile')).toMatchObject({ lastError: 'Error: no signer', claimedBy: null })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(run).toHaveBeenCalledTimes(2)
  expect(rows.get('fragile')?.lastError).toBeNull()
  await jobs.stop()
})

describe('a long run', () => {
  test('keeps its claim, and stop() waits for it', async () => {
    const { store, rows } = memoryJobStore()
    const other = vi.fn()
    let end = () => {}
    const slow = {
      name: 'slow',
      everySeconds: 1,
      run: () =>
        new Promise<void>((resolve) => {
          end = resolve
        }),
    }
    const first = startJobs([slow], store, clock, { instance: 'a', log: () => {} })
    await vi.advanceTimersByTimeAsync(10)
    const second = startJobs([{ ...slow, run: other }], store, clock, { instance: 'b', log: () => {} })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(other).not.toHaveBeenCalled()
    expect(rows.get('slow')?.claimedBy).toBe('a')
    await second.stop()

    let stopped = false
    const stopping = first.stop().then(() => {
      stopped = true
    })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(stopped).toBe(false)
    end()
    await stopping
    expect(rows.get('slow')?.claimedBy).toBeNull()
  })

  test('of an instance that died is taken over when its claim ends', async () => {
    const { store } = memoryJobStore()
    const at = clock()
    await store.claim({
      name: 'orphan',
      by: 'dead',
      now: at,
      until: new Date(at.getTime() + 15_000),
      nextRunAt: at,
      early: false,
    })
    const run = vi.fn().mockResolvedValue(undefined)
    const jobs = startJobs([{ name: 'orphan', everySeconds: 10, run }], store, clock, { log: () => {} })
    await vi.advanceTimersByTimeAsync(14_000)
    expect(run).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(4_000)
    expect(run).toHaveBeenCalledTimes(1)
    await jobs.stop()
  })
})

test('a poke runs the job before its time, also when it comes during a run', async () => {
  const { store } = memoryJobStore()
  const run = vi.fn().mockResolvedValue(undefined)
  const jobs = startJobs([{ name: 'crl', everySeconds: 3_600, run }], store, clock, { log: () => {} })
  await vi.advanceTimersByTimeAsync(10)
  expect(run).toHaveBeenCalledTimes(1)
  run.mockImplementationOnce(async () => jobs.poke('crl'))
  jobs.poke('crl')
  await vi.advanceTimersByTimeAsync(10)
  expect(run).toHaveBeenCalledTimes(3)
  await jobs.stop()
  jobs.poke('crl')
  await vi.advanceTimersByTimeAsync(10)
  expect(run).toHaveBeenCalledTimes(3)
})
