/** Proves the chain, or names the first row that does not hold; a long chain shows how far it is. */
'use client'

import { ShieldCheck, ShieldX } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useEffect, useRef, useState } from 'react'
import { SubmitButton } from '@/app/_components/button'
import { InlineCopy } from '@/app/_components/copy-value'
import { Dialog } from '@/app/_components/dialog'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import type { AuditVerification } from '@/lib/services/audit'
import { readVerification } from './verification-stream'

export function VerifyChain() {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      label={
        <>
          <ShieldCheck aria-hidden />
          Verify chain
        </>
      }
      title="Verify the hash chain"
      description="Reads every row and recomputes its hash from the one before. Closing this stops it."
    >
      <Verification />
    </Dialog>
  )
}

type State =
  | { step: 'idle' }
  | { step: 'running'; checked: number; of: number }
  | { step: 'done'; verdict: AuditVerification }
  | { step: 'failed'; sentence: string }

function Verification() {
  const [state, setState] = useState<State>({ step: 'idle' })
  const running = useRef<AbortController>(undefined)
  const router = useRouter()
  useEffect(() => () => running.current?.abort(), [])
  const pending = state.step === 'running'

  const verify = async () => {
    const controller = new AbortController()
    running.current = controller
    setState({ step: 'running', checked: 0, of: 0 })
    const end = await readVerification(controller.signal, (checked, of) => setState({ step: 'running', checked, of }))
    if (controller.signal.aborted) return
    setState(end)
    // The page says who verified last.
    if (end.step === 'done') router.refresh()
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        verify()
      }}
      className="grid gap-4"
    >
      {state.step === 'running' && state.of > 0 && <Progress checked={state.checked} of={state.of} />}
      <div role="status">{state.step === 'done' && <Verdict result={state.verdict} />}</div>
      {state.step === 'failed' && (
        <p role="alert" className="text-bad">
          {state.sentence}
        </p>
      )}
      <div className="flex justify-end">
        <SubmitButton pending={pending}>{state.step === 'done' ? 'Verify again' : 'Verify now'}</SubmitButton>
      </div>
    </form>
  )
}

function Progress({ checked, of }: { checked: number; of: number }) {
  return (
    <label className="grid gap-1 text-sm text-muted">
      {counted(checked)} of {counted(of)} checked
      <progress className="h-2 w-full accent-accent" value={checked} max={of} />
    </label>
  )
}

function Verdict({ result }: { result: AuditVerification }) {
  const { covered, millis } = result
  return (
    <div className="grid gap-4">
      {result.ok ? (
        <p className="flex items-start gap-2 rounded-md border border-ok-line bg-ok-soft px-3 py-2 text-ok">
          <ShieldCheck className="mt-0.5 size-4.5 shrink-0" aria-hidden />
          The chain holds: {counted(result.events)} checked, none changed, none missing.
        </p>
      ) : (
        <p className="flex items-start gap-2 rounded-md border border-bad-line bg-bad-soft px-3 py-2 text-bad">
          <ShieldX className="mt-0.5 size-4.5 shrink-0" aria-hidden />
          The chain is broken{result.firstBroken && ` at row ${result.firstBroken}`}. {result.problem}
        </p>
      )}
      <Facts>
        {covered && (
          <Fact name="Covered">
            Rows {covered.first.seq} to {covered.last.seq}, <Instant at={covered.first.time} /> to{' '}
            <Instant at={covered.last.time} />
          </Fact>
        )}
        <Fact name="Took">{millis < 1_000 ? 'less than a second' : `${Math.round(millis / 1_000)} s`}</Fact>
        <Fact name="Newest row">{result.headSeq}</Fact>
        <Fact name="Its hash">
          <InlineCopy value={result.headChain} what="hash of the newest row" />
        </Fact>
      </Facts>
    </div>
  )
}

function counted(rows: number): string {
  return rows === 1 ? '1 row' : `${rows.toLocaleString('en-GB')} rows`
}
