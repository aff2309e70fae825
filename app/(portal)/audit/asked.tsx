/** A question about the past that cannot be answered as it was put: the sentence that says why, in place of an answer. */
import type { ReactNode } from 'react'
import { Notice } from '@/app/_components/notice'
import { type ErrorCode, isRefusal } from '@/lib/errors'
import { TAKES_TOO_LONG } from '@/lib/services/listing'

const ANSWERS: readonly ErrorCode[] = ['invalid_input', 'not_found', 'rate_limited']

export async function answered<T>(answer: Promise<T>, show: (value: T) => ReactNode): Promise<ReactNode> {
  let value: T
  try {
    value = await answer
  } catch (error) {
    if (!isRefusal(error) || !(ANSWERS.includes(error.code) || error.reason === TAKES_TOO_LONG)) throw error
    return (
      <Notice tone="warn" title="This cannot be answered">
        {error.sentence}
      </Notice>
    )
  }
  return show(value)
}
