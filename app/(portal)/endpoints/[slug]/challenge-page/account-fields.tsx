/** The settings of an account of a challenge page. */
'use client'

import { useState } from 'react'
import { Choice, SelectField, TextArea, TextField } from '@/app/_components/field'
import type { PageAccountSettings } from '@/lib/services/challenge-page-types'
import type { Product } from './products'

export interface AccountFieldsProps {
  /** What stands in the fields at first. */
  before: Omit<PageAccountSettings, 'user'> & { fromEverywhere: boolean }
  product?: Product | null
  fieldError(name: string): string | undefined
}

export function AccountFields({ before, product, fieldError }: AccountFieldsProps) {
  const [anywhere, setAnywhere] = useState(before.fromEverywhere)
  return (
    <>
      <TextArea
        label="Names its devices may ask for"
        name="subjectTemplate"
        placeholder="CN=laptop-*,O=Example"
        hint="The page learns nothing about the device, so a challenge is good for every name that fits. A star stands for any text; alternative names go on lines of their own, such as dns:*.example.com."
        defaultValue={before.subjectTemplate.replaceAll('; ', '\n')}
        error={fieldError('subjectTemplate')}
        autoComplete="off"
        required
      />
      <TextArea
        label="Addresses it comes from"
        name="allowedAddresses"
        placeholder="192.0.2.0/24"
        hint="Addresses or CIDR blocks of the servers of the device management."
        defaultValue={before.fromEverywhere ? '' : before.allowedAddresses.join('\n')}
        error={fieldError('allowedAddresses')}
        autoComplete="off"
        disabled={anywhere}
        required={!anywhere}
      />
      <Choice
        name="anyAddress"
        title="From any address"
        description="Then the secret alone keeps others out."
        caution
        checked={anywhere}
        onChange={(event) => setAnywhere(event.target.checked)}
      />
      <div className="grid gap-4 sm:grid-cols-2" key={product?.id}>
        <SelectField
          label="Encoding of the page"
          name="encoding"
          defaultValue={product?.encoding ?? before.encoding}
          error={fieldError('encoding')}
        >
          <option value="utf-16le">UTF-16, as NDES</option>
          <option value="utf-8">UTF-8, as Okta</option>
        </SelectField>
        <SelectField
          label="Length of a challenge"
          name="format"
          defaultValue={product?.format ?? before.format}
          error={fieldError('format')}
        >
          <option value="hex32">32 characters</option>
          <option value="hex16">16 characters, an hour at most</option>
        </SelectField>
        <TextField
          label="Life of a challenge, minutes"
          name="ttlMinutes"
          type="number"
          inputMode="numeric"
          min={5}
          max={1_440}
          defaultValue={before.ttlMinutes}
          error={fieldError('ttlMinutes')}
          required
        />
        <TextField
          label="Unused challenges at a time"
          name="mostPending"
          type="number"
          inputMode="numeric"
          min={1}
          max={1_000}
          defaultValue={before.mostPending}
          error={fieldError('mostPending')}
          required
        />
      </div>
    </>
  )
}
