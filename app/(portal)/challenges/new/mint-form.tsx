/** Subject, alternative names and time to live of one challenge. */
'use client'

import { useState } from 'react'
import { SubmitButton } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { SelectField, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { useAction } from '@/app/_components/use-action'
import { mintChallenge } from '@/app/(portal)/challenges/actions'
import type { RDN_TYPES, SAN_TYPES } from '@/app/(portal)/challenges/name-kinds'
import type { MintedChallenge } from '@/lib/services/challenges'
import { AdvancedRules } from './advanced-rules'
import type { EndpointChoice } from './mint-flow'
import { NameRows } from './name-rows'

const RDN_NAMES: Record<(typeof RDN_TYPES)[number], string> = {
  O: 'Organisation (O)',
  OU: 'Unit (OU)',
  C: 'Country (C)',
  ST: 'State (ST)',
  L: 'Locality (L)',
  SERIALNUMBER: 'Serial number',
  UID: 'User id (UID)',
  DC: 'Domain part (DC)',
  E: 'E-mail (E)',
}

const SAN_NAMES: Record<(typeof SAN_TYPES)[number], string> = {
  dns: 'DNS name',
  email: 'E-mail',
  uri: 'URI',
  upn: 'UPN (Windows)',
  ip: 'IP address',
}

interface MintFormProps {
  choices: EndpointChoice[]
  first: EndpointChoice
  onMinted(minted: MintedChallenge): void
}

export function MintForm({ choices, first, onMinted }: MintFormProps) {
  const [slug, setSlug] = useState(first.slug)
  const endpoint = choices.find((choice) => choice.slug === slug) ?? first
  const { state, pending, onSubmit, fieldError } = useAction(mintChallenge, onMinted)
  return (
    <form onSubmit={onSubmit}>
      <Card>
        <div className="grid gap-6">
          <SelectField
            label="Endpoint"
            name="endpoint"
            value={slug}
            onChange={(event) => setSlug(event.target.value)}
            error={fieldError('endpoint')}
          >
            {choices.map((choice) => (
              <option key={choice.slug} value={choice.slug}>
                {choice.group} {choice.name}
              </option>
            ))}
          </SelectField>
          <fieldset className="grid min-w-0 gap-3">
            <legend className="mb-3 font-semibold">Subject</legend>
            <TextField
              label="Common name (CN)"
              name="commonName"
              placeholder="tablet-7"
              hint="What the device is called. The certificate will say exactly this."
              error={fieldError('commonName') ?? fieldError('subject')}
              maxLength={256}
              autoComplete="off"
              spellCheck={false}
              autoFocus
            />
            <NameRows
              field="rdn"
              kind="part"
              names={RDN_NAMES}
              add="Add a part, such as organisation or unit"
              error={fieldError('rdnValue')}
            />
          </fieldset>
          <fieldset className="grid min-w-0 gap-3">
            <legend className="mb-1 font-semibold">Alternative names</legend>
            <p className="text-sm text-muted">
              Only if relying parties look for them: Windows and RADIUS often want a UPN or a DNS name.
            </p>
            <NameRows
              field="san"
              kind="name"
              names={SAN_NAMES}
              add="Add a DNS name, e-mail, URI, UPN or IP address"
              error={fieldError('san') ?? fieldError('sanValue')}
            />
          </fieldset>
          <fieldset className="grid min-w-0 gap-4 border-t border-line pt-5 sm:grid-cols-2">
            <legend className="sr-only">Time to live and note</legend>
            <TextField
              key={endpoint.slug}
              label="Time to live, minutes"
              name="ttlMinutes"
              type="number"
              inputMode="numeric"
              min={1}
              max={1440}
              defaultValue={endpoint.ttlMinutes}
              hint="Until the device must have enrolled."
              error={fieldError('ttlMinutes')}
              required
            />
            <TextField
              label="Note (optional)"
              name="deviceName"
              placeholder="Ada's tablet, asset 4711"
              hint="For this portal's lists; never in the certificate."
              error={fieldError('deviceName')}
              maxLength={256}
              autoComplete="off"
            />
          </fieldset>
          <AdvancedRules fieldError={fieldError} />
          <FormProblem state={state} />
          <div className="flex justify-end">
            <SubmitButton pending={pending}>Mint challenge</SubmitButton>
          </div>
        </div>
      </Card>
    </form>
  )
}
