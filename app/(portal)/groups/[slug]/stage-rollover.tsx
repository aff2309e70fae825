/** Asks when the next issuer shall take over, and with which key. */
'use client'

import { RefreshCw } from 'lucide-react'
import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { SelectField, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { KEY_NAMES } from '@/app/_components/name-of-key'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { ISSUER_KEYS } from '@/app/(portal)/groups/issuer-keys'
import type { KeyAlgorithm } from '@/lib/services/signer'
import { stageRollover } from './actions'

interface StageRolloverProps {
  group: string
  name: string
  likeKey: KeyAlgorithm
  /** Issuers that came from elsewhere and have no group yet. */
  waiting: { slug: string; name: string }[]
}

export function StageRollover({ group, name, likeKey, waiting }: StageRolloverProps) {
  const [open, setOpen] = useState(false)
  const { state, pending, onSubmit, fieldError } = useAction(stageRollover, () => {
    setOpen(false)
    toast('Next issuer staged')
  })
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant="secondary"
      label={
        <>
          <RefreshCw aria-hidden />
          Stage next issuer
        </>
      }
      title={`Stage the next issuer of ${name}`}
      description="It is made now, announced to devices that ask (GetNextCACert), and takes over on the day you choose. Trust it on RADIUS and VPN servers before that day."
    >
      <form onSubmit={onSubmit} className="grid gap-4">
        <input type="hidden" name="group" value={group} />
        <TextField
          label="Takes over on"
          name="activatesOn"
          type="date"
          hint="At 00:00 UTC of that day."
          error={fieldError('activatesOn') ?? fieldError('activatesAt')}
          required
        />
        {waiting.length > 0 && (
          <SelectField
            label="Next issuer"
            name="issuer"
            hint="One that was imported or signed elsewhere keeps its key and its certificate."
            error={fieldError('issuer')}
          >
            <option value="">A new one, made now</option>
            {waiting.map((issuer) => (
              <option key={issuer.slug} value={issuer.slug}>
                {issuer.name}
              </option>
            ))}
          </SelectField>
        )}
        <SelectField
          label={waiting.length > 0 ? 'Key of a new issuer' : 'Key of the next issuer'}
          name="issuerKey"
          defaultValue={ISSUER_KEYS.find((key) => key === likeKey) ?? 'rsa3072'}
          error={fieldError('issuerKey')}
        >
          {ISSUER_KEYS.map((key) => (
            <option key={key} value={key}>
              {KEY_NAMES[key]}
            </option>
          ))}
        </SelectField>
        <FormProblem state={state} />
        <div className="flex flex-wrap justify-end gap-2">
          <DialogClose render={<Button />}>Cancel</DialogClose>
          <SubmitButton pending={pending}>Stage next issuer</SubmitButton>
        </div>
      </form>
    </Dialog>
  )
}
