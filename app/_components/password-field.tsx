/** A password, hidden until somebody asks to see it: long ones are easier to get right that way. */
'use client'

import { Eye, EyeOff } from 'lucide-react'
import { type ComponentProps, useState } from 'react'
import { TextField } from './field'

export function PasswordField(props: ComponentProps<typeof TextField>) {
  const [shown, setShown] = useState(false)
  const Icon = shown ? EyeOff : Eye
  return (
    <TextField
      {...props}
      type={shown ? 'text' : 'password'}
      required
      className="pr-10"
      aside={
        <button
          type="button"
          aria-label={shown ? 'Hide what is typed' : 'Show what is typed'}
          onClick={() => setShown(!shown)}
          className="absolute top-1 right-1 grid size-7 place-items-center rounded text-muted hover:bg-hover hover:text-ink"
        >
          <Icon className="size-4" aria-hidden />
        </button>
      }
    />
  )
}
