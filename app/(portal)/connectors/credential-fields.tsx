/** What Latchkey presents to an MDM: written, never shown again. With the day on which it ends. */
'use client'

import { TextField } from '@/app/_components/field'

interface CredentialFieldsProps {
  label: string
  hint: string
  /** Whether there is one already: leaving the field empty keeps it. */
  stored: boolean
  /** YYYY-MM-DD. */
  expires?: string
  fieldError(name: string): string | undefined
}

export function CredentialFields({ label, hint, stored, expires = '', fieldError }: CredentialFieldsProps) {
  return (
    <div className="grid items-start gap-4 sm:grid-cols-[minmax(0,1fr)_11rem]">
      <TextField
        label={label}
        name="clientSecret"
        type="password"
        hint={stored ? 'There is one. Leave this empty to keep it.' : hint}
        error={fieldError('clientSecret') ?? fieldError('credential')}
        autoComplete="new-password"
        spellCheck={false}
      />
      <TextField
        label="It expires on"
        name="credentialExpires"
        type="date"
        defaultValue={expires}
        error={fieldError('credentialExpiresAt') ?? fieldError('credentialExpires')}
        hint="Latchkey warns you 30 days before."
      />
    </div>
  )
}
