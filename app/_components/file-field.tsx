/** A file to choose, with its label, hint and error. The browser's own control: it knows keyboards and screen readers. */
'use client'

import type { ReactNode } from 'react'
import { Field } from './field'

interface FileFieldProps {
  label: ReactNode
  name: string
  /** What the chooser offers first, such as ".pem,.cer". */
  accept: string
  hint?: ReactNode
  error?: string | undefined
  disabled?: boolean
}

export function FileField({ label, hint, error, ...input }: FileFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <input
          type="file"
          required
          className={
            'w-full min-w-0 rounded-md border border-control bg-surface text-sm text-ink transition-colors hover:border-muted ' +
            'aria-invalid:border-bad disabled:bg-sunken disabled:text-muted file:mr-3 file:h-9 file:border-0 ' +
            'file:border-r file:border-line file:bg-sunken file:px-3 file:font-medium file:text-ink'
          }
          {...input}
          {...control}
        />
      )}
    </Field>
  )
}
