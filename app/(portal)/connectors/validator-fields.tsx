/** The fields of a validator, for a new one and for a change. */
'use client'

import { useState } from 'react'
import { Disclosure } from '@/app/_components/disclosure'
import { Choice, SelectField, TextField } from '@/app/_components/field'
import { PasswordField } from '@/app/_components/password-field'
import type { ValidatorView } from '@/lib/services/connectors'

export type KnownValidator = Omit<ValidatorView, 'health' | 'notifications' | 'endpoints' | 'createdAt' | 'createdBy'>

interface ValidatorFieldsProps {
  validator?: KnownValidator
  fieldError: (name: string) => string | undefined
}

export function ValidatorFields({ validator, fieldError }: ValidatorFieldsProps) {
  const [authorization, setAuthorization] = useState(validator ? 'keep' : 'none')
  return (
    <>
      <TextField
        label="Name"
        name="name"
        placeholder="Inventory"
        defaultValue={validator?.name}
        error={fieldError('name')}
        autoComplete="off"
        required
      />
      <TextField
        label="Address"
        name="url"
        type="url"
        placeholder="https://inventory.example.com/scep"
        hint={
          validator && validator.authorizationKind !== 'none'
            ? 'A new address clears the credential: enter it again below.'
            : 'Where questions are posted to. It begins with https://.'
        }
        defaultValue={validator?.url}
        error={fieldError('url')}
        autoComplete="off"
        required
      />
      <SelectField label="Signature" name="dialect" defaultValue={validator?.dialect ?? 'standard'}>
        <option value="standard">Standard Webhooks (webhook-signature)</option>
        <option value="smallstep">step-ca (X-Smallstep-Signature)</option>
      </SelectField>
      <SelectField
        label="Credential"
        name="authorization"
        value={authorization}
        onChange={(event) => setAuthorization(event.target.value)}
        hint="Sent beside the signature, if the validator asks for one."
        error={fieldError('authorization')}
      >
        {validator && <option value="keep">Leave as it is ({validator.authorizationKind})</option>}
        <option value="none">None</option>
        <option value="bearer">Bearer token</option>
        <option value="basic">User name and password</option>
      </SelectField>
      {authorization === 'bearer' && <PasswordField label="Token" name="token" autoComplete="off" required />}
      {authorization === 'basic' && (
        <>
          <TextField label="User name" name="user" autoComplete="off" required />
          <PasswordField label="Password" name="password" autoComplete="off" required />
        </>
      )}
      <Disclosure summary="Advanced">
        <div className="grid gap-4">
          <TextField
            label="Time-out, seconds"
            name="timeoutSeconds"
            type="number"
            min={1}
            max={15}
            step={0.5}
            defaultValue={(validator?.timeoutMs ?? 5_000) / 1_000}
            hint="Per attempt. With its one repetition a question takes less than 12 seconds."
            error={fieldError('timeoutMs') ?? fieldError('timeoutSeconds')}
          />
          <SelectField label="The request is sent" name="sendCsr" defaultValue={validator?.sendCsr ?? 'masked'}>
            <option value="full">whole</option>
            <option value="masked">with the challenge in it blackened</option>
            <option value="fields">as its fields alone</option>
          </SelectField>
          <TextField
            label="Private hosts it may be at"
            name="allowedHosts"
            placeholder="inventory.internal, 10.0.0.5:8443"
            defaultValue={validator?.allowedHosts.join(', ')}
            hint="Addresses in private networks are called only if their host stands here."
            error={fieldError('allowedHosts')}
          />
          <Choice
            name="notify"
            defaultChecked={validator?.notify ?? true}
            title="Tell it what became of each request"
            description="The certificate, or why there is none. Repeated for two days until it is heard."
          />
          <Choice
            name="notifyBeforeAnswer"
            defaultChecked={validator?.notifyBeforeAnswer ?? false}
            title="It must hear before the device does"
            description="The certificate is withheld until the validator has confirmed it."
          />
          <Choice
            name="askOnRenewal"
            defaultChecked={validator?.askOnRenewal ?? false}
            title="Ask about renewals too"
            description="Otherwise the old certificate is enough."
          />
        </div>
      </Disclosure>
    </>
  )
}
