/** One step: a name, and for those who care the issuer's key. Says what will be made, and shows that it is at work. */
'use client'

import { CircleDashed, LoaderCircle } from 'lucide-react'
import type { ReactNode } from 'react'
import { SubmitButton } from '@/app/_components/button'
import { Disclosure } from '@/app/_components/disclosure'
import { Choice, SelectField, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { Notice } from '@/app/_components/notice'
import { TextLink } from '@/app/_components/row-link'
import { useAction } from '@/app/_components/use-action'
import type { ISSUER_KEYS } from '@/app/(portal)/groups/issuer-keys'
import { createGroup } from './actions'

const KEYS: [key: (typeof ISSUER_KEYS)[number], title: string, description: string][] = [
  ['rsa3072', 'RSA 3072', 'Understood by every device. The usual choice.'],
  ['p256', 'EC P-256', 'Small and fast, for devices of the last ten years.'],
  ['p384', 'EC P-384', 'As P-256, with a wider margin.'],
  ['rsa4096', 'RSA 4096', 'Wider margin, slower to make and to verify.'],
]

const PARTS = [
  ['Issuer', 'a key of its own and a certificate under your root, 10 years'],
  ['Registration authority', 'opens requests and signs replies, so that the issuer key never has to'],
  ['SCEP endpoint', 'with one-time challenges: nobody enrols without one'],
  ['Certificate profile', 'client authentication, 365 days, RSA from 2048 bits'],
] as const

interface NewGroupFormProps {
  placeholder: string
  skip?: ReactNode
  /** Issuers that came from elsewhere and have no group yet. */
  waiting?: { slug: string; name: string }[]
  /** Whether a new issuer can be made: the key of the root that signs it is here. */
  rootHere?: boolean
}

export function NewGroupForm({ placeholder, skip, waiting = [], rootHere = true }: NewGroupFormProps) {
  const { state, pending, onSubmit, fieldError } = useAction(createGroup)
  const Icon = pending ? LoaderCircle : CircleDashed
  return (
    <form onSubmit={onSubmit} className="grid gap-5" aria-busy={pending}>
      <TextField
        label="Group name"
        name="name"
        placeholder={placeholder}
        hint="Who or what enrols here. Appears in the issuer's certificate and, shortened, in the SCEP URL."
        error={fieldError('name')}
        maxLength={64}
        autoComplete="off"
        required
        autoFocus
        readOnly={pending}
      />
      {!rootHere && (
        <Notice tone="warn" title="The key of the root is not here">
          No new issuer can be made under it. Choose one that was signed elsewhere, or request one under{' '}
          <TextLink href="/authorities/import">Authorities</TextLink>.
        </Notice>
      )}
      {waiting.length > 0 && (
        <SelectField
          label="Issuer"
          name="issuer"
          hint="One that was imported or signed elsewhere keeps its key and its certificate."
          error={fieldError('issuer')}
          disabled={pending}
        >
          {rootHere && <option value="">A new one, made now</option>}
          {waiting.map(({ slug, name }) => (
            <option key={slug} value={slug}>
              {name}
            </option>
          ))}
        </SelectField>
      )}
      <Disclosure summary="Advanced: the issuer's key">
        <fieldset disabled={pending} className="grid min-w-0 gap-2 sm:grid-cols-2">
          <legend className="sr-only">Issuer key</legend>
          {KEYS.map(([key, title, description], index) => (
            <Choice
              key={key}
              type="radio"
              name="issuerKey"
              value={key}
              defaultChecked={index === 0}
              title={title}
              description={description}
            />
          ))}
        </fieldset>
      </Disclosure>
      <div className="rounded-lg border border-line bg-sunken p-4">
        <h2 className="text-sm font-medium" aria-live="polite">
          {pending ? 'Making the keys: an RSA key takes a few seconds' : 'What will be made'}
        </h2>
        <ul className="mt-2 grid gap-2">
          {PARTS.map(([part, what]) => (
            <li key={part} className="flex gap-2.5 text-sm">
              <Icon
                className={
                  pending ? 'mt-0.5 size-4 shrink-0 animate-spin text-accent' : 'mt-0.5 size-4 shrink-0 text-faint'
                }
                aria-hidden
              />
              <span>
                <span className="font-medium">{part}</span> <span className="text-muted">– {what}</span>
              </span>
            </li>
          ))}
        </ul>
      </div>
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        {!pending && skip}
        <SubmitButton pending={pending}>Create group</SubmitButton>
      </div>
    </form>
  )
}
