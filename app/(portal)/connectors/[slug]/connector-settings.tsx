/** The settings of a connector, and a new credential for it. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { Disclosure } from '@/app/_components/disclosure'
import { TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { CredentialFields } from '@/app/(portal)/connectors/credential-fields'
import { type EndpointChoice, KindFields } from '@/app/(portal)/connectors/kind-fields'
import { GUIDES } from '@/app/(portal)/connectors/kinds'
import type { MdmConnectorView } from '@/lib/services/mdm-connector-views'
import { changeConnector } from './actions'

interface ConnectorSettingsProps {
  connector: Pick<MdmConnectorView, 'slug' | 'kind' | 'name' | 'settings' | 'hasCredential' | 'credentialExpiresAt'>
  endpoints: readonly EndpointChoice[]
  mayChange: boolean
}

export function ConnectorSettings({ connector, endpoints, mayChange }: ConnectorSettingsProps) {
  const { slug, kind, name, settings, hasCredential, credentialExpiresAt } = connector
  const { fields, advanced, credential } = GUIDES[kind]
  const { state, pending, onSubmit, fieldError } = useAction(changeConnector, () => toast('Settings saved'))
  const expires = credentialExpiresAt?.toISOString().slice(0, 10) ?? ''
  const shared = { values: settings, endpoints, fieldError }
  return (
    <form onSubmit={onSubmit}>
      <fieldset disabled={!mayChange} className="grid min-w-0 gap-4">
        <legend className="sr-only">Settings</legend>
        <input type="hidden" name="slug" value={slug} />
        <input type="hidden" name="kind" value={kind} />
        <input type="hidden" name="expiredBefore" value={expires} />
        <TextField
          label="Name"
          name="name"
          defaultValue={name}
          error={fieldError('name')}
          autoComplete="off"
          required
        />
        <KindFields fields={fields.filter((field) => !advanced.includes(field.name))} {...shared} />
        {credential && settings.credentialKind !== 'certificate' && (
          <>
            <CredentialFields
              label={credential.label}
              hint={credential.hint}
              stored={hasCredential}
              expires={expires}
              fieldError={fieldError}
            />
            {hasCredential && mayChange && (
              <p className="text-sm text-muted">
                Another address or identity forgets it: enter it again with the change, or it would go elsewhere.
              </p>
            )}
          </>
        )}
        {advanced.length > 0 && (
          <Disclosure summary="Advanced">
            <div className="grid gap-4">
              <KindFields fields={fields.filter((field) => advanced.includes(field.name))} {...shared} />
            </div>
          </Disclosure>
        )}
        <FormProblem state={state} />
        {mayChange && (
          <div className="flex justify-end">
            <SubmitButton pending={pending}>Save</SubmitButton>
          </div>
        )}
      </fieldset>
    </form>
  )
}
