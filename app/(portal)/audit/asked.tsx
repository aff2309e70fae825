/** A question about the past that cannot be answered as it was put: the sentence that says why, in place of an answer. */
import type { ReactNode } from 'react'
import { Notice } from '@/app/_components/notice'
import { isRefusal } from '@/lib/errors'

export async function answered<T>(answer: Promise<T>, show: (value: T) => ReactNode): Promise<ReactNode> {
  let value: T
  try {
    value = await answer
  } catch (error) {
    if (!isRefusal(error, 'invalid_input') && !isRefusal(error, 'not_found')) throw error
    return (
      <Notice tone="warn" title="This cannot be answered">
        {error.sentence}
      </Notice>
    )
  }
  return show(value)
}
