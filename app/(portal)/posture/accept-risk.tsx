/** Takes a risk upon oneself: with a reason and a day on which it counts again. */
'use client'

import { useState } from 'react'
import { SubmitButton } from '@/app/_components/button'
import { Dialog } from '@/app/_components/dialog'
import { TextArea, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import type { PostureCheckId } from '@/lib/services/posture-types'
import { acceptRisk } from './actions'

interface AcceptRiskProps {
  check: PostureCheckId
  finding: string
  /** The last day that may be chosen, and the one proposed, as yyyy-mm-dd. */
  latest: string
  proposed: string
}

export function AcceptRisk({ check, finding, latest, proposed }: AcceptRiskProps) {
  const [open, setOpen] = useState(false)
  const { state, pending, onSubmit, fieldError } = useAction(acceptRisk, () => {
    setOpen(false)
    toast('Risk accepted', 'It stands here with your name until it ends.')
  })
  return (
    <Dialog
      label="Accept the risk"
      variant="quiet"
      size="small"
      open={open}
      onOpenChange={setOpen}
      title={`Accept: ${finding}`}
      description="It still counts against the score, but says that somebody decided. Your name and the reason stand beside it and in the audit trail."
    >
      <form onSubmit={onSubmit} className="grid gap-4">
        <input type="hidden" name="check" value={check} />
        <TextArea
          name="reason"
          label="Why it is acceptable"
          hint="An auditor reads this. Say what protects you meanwhile."
          error={fieldError('reason')}
          maxLength={1_000}
          rows={3}
          required
        />
        <TextField
          name="until"
          type="date"
          label="Until"
          hint="At most a year ahead. After this day it is open again."
          error={fieldError('until')}
          defaultValue={proposed}
          max={latest}
          required
        />
        <FormProblem state={state} />
        <div className="flex justify-end">
          <SubmitButton pending={pending}>Accept the risk</SubmitButton>
        </div>
      </form>
    </Dialog>
  )
}
