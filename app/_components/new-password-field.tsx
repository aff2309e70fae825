/** Choosing a password: how good it is, live, by the same rules the server applies. */
'use client'

import { type ComponentProps, useState } from 'react'
import { passwordAdvice } from '@/lib/services/password-advice'
import { cx } from './cx'
import type { TextField } from './field'
import { PasswordField } from './password-field'

interface NewPasswordFieldProps extends ComponentProps<typeof TextField> {
  /** What a guesser knows: name, e-mail, organisation. */
  context?: readonly string[]
  onPassword?: (password: string) => void
}

const FILLS = ['bg-bad', 'bg-bad', 'bg-warn', 'bg-ok', 'bg-ok'] as const

export function NewPasswordField({ context = [], error, onPassword, ...rest }: NewPasswordFieldProps) {
  const [password, setPassword] = useState('')
  const advice = passwordAdvice(password, context)
  const shown = password === '' ? 0 : Math.max(1, advice.score)
  const change = (value: string) => {
    setPassword(value)
    onPassword?.(value)
  }
  return (
    <div className="grid gap-1.5">
      <PasswordField
        autoComplete="new-password"
        {...rest}
        error={error}
        onChange={(event) => change(event.target.value)}
      />
      <div className="grid gap-1">
        <div className="grid grid-cols-4 gap-1" aria-hidden>
          {[1, 2, 3, 4].map((step) => (
            <span
              key={step}
              className={cx('h-1 rounded-full transition-colors', step <= shown ? FILLS[advice.score] : 'bg-line')}
            />
          ))}
        </div>
        <p aria-live="polite" className="text-sm text-muted">
          {password === ''
            ? 'At least 15 characters. Four or more unrelated words are easy to keep and hard to guess.'
            : // The error says it already, and stays until the next attempt.
              error !== advice.hint && advice.hint}
        </p>
      </div>
    </div>
  )
}
