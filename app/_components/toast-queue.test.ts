/** No answer is lost on the way to the screen. */
import { expect, test } from 'vitest'
import { takeToasts, toast, toastProblem, whenToastWaits } from './toast-queue'

test('one that comes before anything can show it waits, and calls for what can', () => {
  let calls = 0
  const stop = whenToastWaits(() => void calls++)
  toast('Saved')
  expect(calls).toBe(1)
  const shown: string[] = []
  const leave = takeToasts(({ title }) => void shown.push(title))
  toastProblem('Not saved', 'Try again.')
  expect(shown).toEqual(['Saved', 'Not saved'])
  expect(calls).toBe(1)
  leave()
  toast('Later')
  expect(calls).toBe(2)
  stop()
  // Whoever comes late hears of it too.
  whenToastWaits(() => void calls++)()
  expect(calls).toBe(3)
})
