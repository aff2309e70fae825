/** Tests the connection, and says step by step what came of it and what to do. */
'use client'

import { CircleCheck, CircleX } from 'lucide-react'
import { SubmitButton } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { FormProblem } from '@/app/_components/form-problem'
import { useAction } from '@/app/_components/use-action'
import type { ConnectorCheck } from '@/lib/services/mdm-connector-types'
import { testConnector } from './actions'

export function TestCard({ slug }: { slug: string }) {
  const { state, pending, onSubmit } = useAction(testConnector)
  return (
    <Card
      title="Connection"
      action={
        <form onSubmit={onSubmit}>
          <input type="hidden" name="slug" value={slug} />
          <SubmitButton pending={pending} variant="secondary" size="small">
            Test connection
          </SubmitButton>
        </form>
      }
    >
      <div className="grid gap-3" aria-live="polite">
        {state.status === 'done' ? (
          <>
            <p className="font-medium">
              {state.result.works ? 'The connection works.' : 'The connection does not work yet.'}
            </p>
            <ol className="grid gap-3">
              {state.result.checks.map((check) => (
                <Check key={check.step} check={check} />
              ))}
            </ol>
          </>
        ) : (
          <p className="text-muted">Asks for what the connector needs, step by step, and changes nothing.</p>
        )}
        <FormProblem state={state} />
      </div>
    </Card>
  )
}

function Check({ check: { step, ok, code, sentence, advice } }: { check: ConnectorCheck }) {
  const Icon = ok ? CircleCheck : CircleX
  return (
    <li className="flex items-start gap-2.5">
      <Icon className={ok ? 'mt-0.5 size-4.5 shrink-0 text-ok' : 'mt-0.5 size-4.5 shrink-0 text-bad'} aria-hidden />
      <div className="grid min-w-0 gap-0.5">
        <p className="font-medium">
          {step}
          <span className="sr-only">{ok ? ': works' : ': fails'}</span>
          {code !== null && <code className="ml-2 font-mono text-sm font-normal text-muted">{code}</code>}
        </p>
        <p className="text-sm wrap-anywhere text-muted">{sentence}</p>
        {advice !== null && <p className="text-sm wrap-anywhere">{advice}</p>}
      </div>
    </li>
  )
}
