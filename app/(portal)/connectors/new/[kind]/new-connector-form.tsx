/** The steps as one form, each value asked for where it is found; then the values that go back into the MDM. */
'use client'

import { useState } from 'react'
import { ButtonLink, SubmitButton } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { Disclosure } from '@/app/_components/disclosure'
import { TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { useAction } from '@/app/_components/use-action'
import { CredentialFields } from '@/app/(portal)/connectors/credential-fields'
import { type EndpointChoice, KindFields } from '@/app/(portal)/connectors/kind-fields'
import { fieldOf, GUIDES, type GuidedKind, type GuideStep } from '@/app/(portal)/connectors/kinds'
import { addConnector } from '@/app/(portal)/connectors/new/actions'
import { Connected } from './connected'

interface NewConnectorFormProps {
  kind: GuidedKind
  endpoints: readonly EndpointChoice[]
}

export function NewConnectorForm({ kind, endpoints }: NewConnectorFormProps) {
  const guide = GUIDES[kind]
  const [byCertificate, setByCertificate] = useState(false)
  const { state, pending, onSubmit, fieldError } = useAction(addConnector)
  if (state.status === 'done') return <Connected kind={kind} connector={state.result} byCertificate={byCertificate} />
  const named = (names: readonly string[]) => names.map((name) => fieldOf(guide, name))
  return (
    <form onSubmit={onSubmit} className="grid gap-5">
      <input type="hidden" name="kind" value={kind} />
      {guide.steps.map((step, index) => (
        <Card key={step.title} title={`${index + 1}. ${step.title}`} description={step.where}>
          <div className="grid gap-4">
            <Todo step={step} />
            <KindFields
              fields={named(step.fields)}
              endpoints={endpoints}
              fieldError={fieldError}
              onChange={(name, value) => name === 'credentialKind' && setByCertificate(value === 'certificate')}
            />
            {step.credential && guide.credential && !byCertificate && (
              <CredentialFields
                label={guide.credential.label}
                hint={guide.credential.hint}
                stored={false}
                fieldError={fieldError}
              />
            )}
            {step.credential && byCertificate && (
              <p className="text-sm text-muted">
                Latchkey makes the key once the connector is added. Its page has the certificate to upload here.
              </p>
            )}
          </div>
        </Card>
      ))}
      <Card title={guide.steps.length === 0 ? 'Name it' : `${guide.steps.length + 1}. Name it`}>
        <div className="grid gap-4">
          <TextField
            label="Name"
            name="name"
            defaultValue={guide.name}
            placeholder="Mosyle"
            hint="As people call it here."
            error={fieldError('name')}
            autoComplete="off"
            required
          />
          <TextField
            label="Short name"
            name="slug"
            defaultValue={guide.slug}
            placeholder="mosyle"
            hint="Stands in its addresses, and stays: lower-case letters, digits and hyphens."
            error={fieldError('slug')}
            autoComplete="off"
            spellCheck={false}
            required
          />
          {guide.advanced.length > 0 && (
            <Disclosure summary="Advanced">
              <div className="grid gap-4">
                <KindFields fields={named(guide.advanced)} endpoints={endpoints} fieldError={fieldError} />
              </div>
            </Disclosure>
          )}
          <FormProblem state={state} />
          <div className="flex flex-wrap justify-end gap-2">
            <ButtonLink href="/connectors/new">Back</ButtonLink>
            <SubmitButton pending={pending}>Add connector</SubmitButton>
          </div>
        </div>
      </Card>
    </form>
  )
}

function Todo({ step: { todo } }: { step: GuideStep }) {
  if (todo.length === 0) return null
  return (
    <ul className="grid list-disc gap-1 pl-5 text-sm">
      {todo.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  )
}
