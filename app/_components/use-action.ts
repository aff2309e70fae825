/** Sends a form to a server action and holds its answer. The fields keep what was typed when it is refused. */
'use client'

import { type FormEvent, startTransition, useActionState } from 'react'
import type { Action, ActionState } from './action-state'

export function useAction<Result>(act: Action<Result>, onDone?: (result: Result) => void) {
  const [state, send, pending] = useActionState<ActionState<Result>, FormData>(
    async (previous, form) => {
      const next = await act(previous, form)
      if (next.status === 'done') onDone?.(next.result)
      return next
    },
    { status: 'idle' },
  )
  // React empties an uncontrolled form after `action={…}`; sending it from onSubmit leaves it as the reader wrote it.
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    startTransition(() => send(form))
  }
  const fieldError = (name: string) => (state.status === 'refused' ? state.fields[name] : undefined)
  return { state, pending, onSubmit, fieldError }
}
