/** The fields of a minter that may be set when it is registered and changed later. */
'use client'

import { Choice, TextField } from '@/app/_components/field'
import type { SanType } from '@/lib/services/challenges'
import type { MinterView } from '@/lib/services/minters'
import { KeyFields } from './key-fields'

export interface PlaceChoice {
  slug: string
  name: string
}

const SAN_NAMES: Record<SanType, string> = {
  dns: 'DNS names',
  email: 'E-mail addresses',
  uri: 'URIs',
  upn: 'UPNs (Windows)',
  ip: 'IP addresses',
}

interface MinterFieldsProps {
  minter?: MinterView
  choices: PlaceChoice[]
  fieldError(field: string): string | undefined
}

export function MinterFields({ minter, choices, fieldError }: MinterFieldsProps) {
  const chosen = minter?.endpoints.map(({ slug }) => slug) ?? (choices.length === 1 ? [choices[0]?.slug] : [])
  return (
    <>
      <TextField
        label="Name"
        name="name"
        placeholder="Fleet MDM"
        defaultValue={minter?.name}
        error={fieldError('name')}
        autoComplete="off"
        required
      />
      {!minter && (
        <TextField
          label="Issuer"
          name="issuer"
          placeholder="https://mdm.example.com"
          hint="What its tokens say in “iss”. It stays."
          error={fieldError('issuer')}
          autoComplete="off"
          spellCheck={false}
          required
        />
      )}
      <KeyFields changes={minter !== undefined} jwksUrl={minter?.jwksUrl ?? null} fieldError={fieldError} />
      <fieldset className="grid min-w-0 gap-2">
        <legend className="mb-1.5 text-sm font-medium">May mint for</legend>
        {choices.map(({ slug, name }) => (
          <Choice
            key={slug}
            name="endpoints[]"
            value={slug}
            defaultChecked={chosen.includes(slug)}
            title={name}
            className="py-2"
          />
        ))}
        {fieldError('endpoints') && <p className="text-sm text-bad">{fieldError('endpoints')}</p>}
      </fieldset>
      <TextField
        label="Subjects it may ask for"
        name="subjectTemplate"
        placeholder="CN=*,O=Example"
        hint="An asterisk stands for anything. Left empty: any subject."
        defaultValue={minter?.subjectTemplate ?? ''}
        error={fieldError('subjectTemplate')}
        autoComplete="off"
        spellCheck={false}
      />
      <fieldset className="grid min-w-0 gap-1">
        <legend className="mb-1.5 text-sm font-medium">Alternative names it may ask for</legend>
        <div className="flex flex-wrap gap-x-5 gap-y-2">
          {Object.entries(SAN_NAMES).map(([type, text]) => (
            <label key={type} className="flex items-center gap-2">
              <input
                type="checkbox"
                name="sanTypes[]"
                value={type}
                defaultChecked={minter?.sanTypes.some((each) => each === type)}
                className="size-4 accent-accent"
              />
              {text}
            </label>
          ))}
        </div>
        {fieldError('sanTypes') && <p className="text-sm text-bad">{fieldError('sanTypes')}</p>}
      </fieldset>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Longest life, minutes"
          name="maxTtlMinutes"
          type="number"
          inputMode="numeric"
          min={1}
          max={1440}
          defaultValue={minter?.maxTtlMinutes ?? 60}
          error={fieldError('maxTtlMinutes')}
          required
        />
        <TextField
          label="Challenges an hour"
          name="perHour"
          type="number"
          inputMode="numeric"
          min={1}
          max={100_000}
          defaultValue={minter?.perHour ?? 1000}
          error={fieldError('perHour')}
          required
        />
      </div>
    </>
  )
}
