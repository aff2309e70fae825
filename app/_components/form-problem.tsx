/** Why a form was refused, in one sentence above its button, announced as it appears. */
import { CircleAlert } from 'lucide-react'
import type { ActionState } from './action-state'

export function FormProblem({ state }: { state: ActionState<unknown> }) {
  return (
    <div role="alert" className="empty:hidden">
      {state.status === 'refused' && <Problem>{state.sentence}</Problem>}
    </div>
  )
}

export function Problem({ children }: { children: string }) {
  return (
    <p className="flex items-start gap-2 rounded-md border border-bad-line bg-bad-soft px-3 py-2 text-sm text-bad">
      <CircleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
      {children}
    </p>
  )
}
