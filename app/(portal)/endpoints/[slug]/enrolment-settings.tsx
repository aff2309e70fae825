/** How devices enrol here: the policy, and what belongs to each policy. */
'use client'

import { useState } from 'react'
import { Choice, ChoiceList, SelectField, TextField } from '@/app/_components/field'
import { policyChoices } from '@/app/(portal)/endpoints/policies'
import type { EndpointView } from '@/lib/services/groups'
import { SettingsSection } from './settings-section'

interface EnrolmentSettingsProps {
  endpoint: EndpointView
  /** Whom the policy can be delegated to. */
  validators: readonly { id: string; name: string }[]
  mayChange: boolean
}

export function EnrolmentSettings({ endpoint, validators, mayChange }: EnrolmentSettingsProps) {
  const [policy, setPolicy] = useState<string>(endpoint.policy)
  const choices = policyChoices(validators.length > 0 || endpoint.policy === 'delegated')
  return (
    <SettingsSection section="enrolment" title="How devices enrol here" slug={endpoint.slug} mayChange={mayChange}>
      {(fieldError) => (
        <>
          <TextField
            label="Name"
            name="name"
            defaultValue={endpoint.name}
            hint="For people. The URL stays as it is."
            error={fieldError('name')}
            maxLength={64}
            autoComplete="off"
            required
          />
          <div
            className="grid gap-4"
            onChange={({ target }) =>
              target instanceof HTMLInputElement && target.name === 'policy' && setPolicy(target.value)
            }
          >
            <ChoiceList
              legend="Who may enrol"
              name="policy"
              choices={choices}
              chosen={endpoint.policy}
              error={fieldError('policy') ?? fieldError('validatorId')}
            />
          </div>
          <div hidden={policy !== 'dynamic'}>
            <Challenges endpoint={endpoint} fieldError={fieldError} />
          </div>
          {validators.length > 0 && (
            <div hidden={policy !== 'delegated'}>
              <SelectField
                label="Validator"
                name="validatorId"
                defaultValue={endpoint.validatorId ?? ''}
                hint="Asked about every request. Nothing is issued while it gives no answer."
                error={fieldError('validatorId')}
              >
                <option value="">Choose a validator</option>
                {validators.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </SelectField>
            </div>
          )}
          <div hidden={policy !== 'approval'}>
            <Approvals endpoint={endpoint} fieldError={fieldError} />
          </div>
        </>
      )}
    </SettingsSection>
  )
}

interface Part {
  endpoint: EndpointView
  fieldError(name: string): string | undefined
}

function Challenges({ endpoint, fieldError }: Part) {
  return (
    <div className="grid gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Challenges live for, minutes"
          name="challengeTtlMinutes"
          type="number"
          inputMode="numeric"
          min={1}
          max={1440}
          defaultValue={endpoint.challengeTtlMinutes}
          hint="What minting suggests. An hour suits most; a day is the longest."
          error={fieldError('challengeTtlMinutes')}
          required
        />
        <SelectField
          label="Challenges are written as"
          name="challengeFormat"
          defaultValue={endpoint.challengeFormat}
          hint="All use letters and digits only, which Windows insists on."
          error={fieldError('challengeFormat')}
        >
          <option value="hex32">32 hex digits</option>
          <option value="hex16">16 hex digits, for typing</option>
          <option value="base62">43 letters and digits</option>
          <option value="sealed">Sealed: carries its own meaning</option>
        </SelectField>
      </div>
      <Choice
        name="revokeOnSecondKey"
        defaultChecked={endpoint.revokeOnSecondKey}
        title="Revoke when a second key shows the same challenge"
        description="The sign that somebody else was faster. The first certificate is revoked at once: nobody has one until you look."
      />
    </div>
  )
}

function Approvals({ endpoint, fieldError }: Part) {
  return (
    <div className="grid gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="People who have to approve"
          name="approvalsRequired"
          type="number"
          inputMode="numeric"
          min={1}
          max={10}
          defaultValue={endpoint.approvalsRequired}
          hint="With two or more, no single person can let a device in."
          error={fieldError('approvalsRequired')}
          required
        />
        <TextField
          label="Requests wait for, hours"
          name="pendingTtlHours"
          type="number"
          inputMode="numeric"
          min={1}
          max={720}
          defaultValue={endpoint.pendingTtlHours}
          hint="After that the device hears that its request expired."
          error={fieldError('pendingTtlHours')}
          required
        />
      </div>
      <Choice
        name="approveWrongChallenge"
        defaultChecked={endpoint.approveWrongChallenge}
        title="Let a wrong challenge wait too"
        description="Otherwise a device that sends one is refused at once."
      />
    </div>
  )
}
