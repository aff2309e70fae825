/** Typed names, as many as needed: a kind, a value, and a way to take the row out again. */
'use client'

import { Plus, Trash2 } from 'lucide-react'
import { useRef, useState } from 'react'
import { Button } from '@/app/_components/button'
import { SelectField, TextField } from '@/app/_components/field'

interface NameRowsProps {
  field: 'rdn' | 'san'
  /** What one row is called. */
  kind: string
  names: Readonly<Record<string, string>>
  add: string
  error: string | undefined
}

export function NameRows({ field, kind, names, add, error }: NameRowsProps) {
  const [rows, setRows] = useState<number[]>([])
  const next = useRef(0)
  const addButton = useRef<HTMLButtonElement>(null)
  const remove = (row: number) => {
    setRows(rows.filter((other) => other !== row))
    // The button that had the focus is gone: keep the keyboard in the form.
    addButton.current?.focus()
  }
  return (
    <div className="grid gap-3">
      {rows.map((row, index) => (
        <div key={row} className="grid grid-cols-[minmax(0,1fr)_auto] gap-2 sm:grid-cols-[11rem_minmax(0,1fr)_auto]">
          <div className="col-span-2 sm:col-span-1">
            <SelectField label={`Kind of ${kind} ${index + 1}`} labelHidden name={`${field}Type[]`}>
              {Object.entries(names).map(([type, text]) => (
                <option key={type} value={type}>
                  {text}
                </option>
              ))}
            </SelectField>
          </div>
          <TextField
            label={`Value of ${kind} ${index + 1}`}
            labelHidden
            name={`${field}Value[]`}
            maxLength={256}
            autoComplete="off"
            spellCheck={false}
            autoFocus
          />
          <Button
            variant="quiet"
            className="w-9 px-0"
            aria-label={`Remove ${kind} ${index + 1}`}
            onClick={() => remove(row)}
          >
            <Trash2 aria-hidden />
          </Button>
        </div>
      ))}
      {error && <p className="text-sm text-bad">{error}</p>}
      <Button
        ref={addButton}
        size="small"
        className="h-auto! min-h-8 w-fit max-w-full py-1 text-left whitespace-normal!"
        onClick={() => {
          next.current += 1
          setRows([...rows, next.current])
        }}
      >
        <Plus aria-hidden />
        {add}
      </Button>
    </div>
  )
}
