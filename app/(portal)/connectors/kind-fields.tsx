/** The fields of a kind of connector, from its description. */
'use client'

import { Choice, SelectField, TextArea, TextField } from '@/app/_components/field'
import type { KindField } from './kinds'

export interface EndpointChoice {
  slug: string
  name: string
}

interface KindFieldsProps {
  fields: readonly KindField[]
  /** What is stored; a new one begins with what is usual. */
  values?: Readonly<Record<string, unknown>> | undefined
  endpoints: readonly EndpointChoice[]
  fieldError(name: string): string | undefined
  onChange?(name: string, value: string): void
}

export function KindFields({ fields, values, endpoints, fieldError, onChange }: KindFieldsProps) {
  return fields.map((field) => (
    <OneField
      key={field.name}
      field={field}
      value={values?.[field.name] ?? field.initial}
      endpoints={endpoints}
      error={fieldError(field.name)}
      onChange={(value) => onChange?.(field.name, value)}
    />
  ))
}

interface OneFieldProps {
  field: KindField
  value: unknown
  endpoints: readonly EndpointChoice[]
  error: string | undefined
  onChange(value: string): void
}

function OneField({ field, value, endpoints, error, onChange }: OneFieldProps) {
  const { name, label, type, hint, placeholder, choices = [], required = false } = field
  const text = Array.isArray(value) ? value.join('\n') : String(value)
  const shared = { name, label, hint, error }
  switch (type) {
    case 'flag':
      return <Choice name={name} title={label} description={hint} defaultChecked={value === true} />
    case 'lines':
      return <TextArea {...shared} rows={2} defaultValue={text} placeholder={placeholder} spellCheck={false} />
    case 'choice':
      return (
        <SelectField {...shared} defaultValue={text} onChange={(event) => onChange(event.target.value)}>
          {choices.map(([choice, words]) => (
            <option key={choice} value={choice}>
              {words}
            </option>
          ))}
        </SelectField>
      )
    case 'endpoint':
      return (
        <SelectField {...shared} defaultValue={text}>
          <option value="">None</option>
          {endpoints.map(({ slug, name: title }) => (
            <option key={slug} value={slug}>
              {title} ({slug})
            </option>
          ))}
        </SelectField>
      )
    case 'text':
    case 'whole':
      return (
        <TextField
          {...shared}
          defaultValue={text}
          placeholder={placeholder}
          required={required}
          autoComplete="off"
          spellCheck={false}
          {...(type === 'whole' ? { inputMode: 'numeric' as const } : {})}
        />
      )
  }
}
