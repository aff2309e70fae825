/** Proves the chain, or names the first row that does not hold. */
'use client'

import { ShieldCheck, ShieldX } from 'lucide-react'
import { useState } from 'react'
import { SubmitButton } from '@/app/_components/button'
import { InlineCopy } from '@/app/_components/copy-value'
import { Dialog } from '@/app/_components/dialog'
import { Fact, Facts } from '@/app/_components/facts'
import { FormProblem } from '@/app/_components/form-problem'
import { useAction } from '@/app/_components/use-action'
import type { AuditVerification } from '@/lib/services/audit'
import { verifyChain } from './actions'

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
      description="Reads every row and recomputes its hash from the one before. A long trail takes a while."
    >
      <Verification />
    </Dialog>
  )
}

function Verification() {
  const { state, pending, onSubmit } = useAction(verifyChain)
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <div role="status">{state.status === 'done' && !pending && <Verdict result={state.result} />}</div>
      <FormProblem state={state} />
      <div className="flex justify-end">
        <SubmitButton pending={pending}>{state.status === 'done' ? 'Verify again' : 'Verify now'}</SubmitButton>
      </div>
    </form>
  )
}

function Verdict({ result }: { result: AuditVerification }) {
  const rows = result.events === 1 ? '1 row' : `${result.events.toLocaleString('en-GB')} rows`
  return (
    <div className="grid gap-4">
      {result.ok ? (
        <p className="flex items-start gap-2 rounded-md border border-ok-line bg-ok-soft px-3 py-2 text-ok">
          <ShieldCheck className="mt-0.5 size-4.5 shrink-0" aria-hidden />
          The chain holds: {rows} checked, none changed, none missing.
        </p>
      ) : (
        <p className="flex items-start gap-2 rounded-md border border-bad-line bg-bad-soft px-3 py-2 text-bad">
          <ShieldX className="mt-0.5 size-4.5 shrink-0" aria-hidden />
          The chain is broken{result.firstBroken && ` at row ${result.firstBroken}`}. {result.problem}
        </p>
      )}
      <Facts>
        <Fact name="Newest row">{result.headSeq}</Fact>
        <Fact name="Its hash">
          <InlineCopy value={result.headChain} what="hash of the newest row" />
        </Fact>
      </Facts>
    </div>
  )
}
