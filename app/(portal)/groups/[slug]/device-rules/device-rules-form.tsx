/** The rules as a form: first it shows what they would do to the devices of now, then it saves them. */
'use client'

import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { SubmitButton } from '@/app/_components/button'
import { TRIGGERS } from '@/app/_components/device-states'
import { SelectField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { REASONS } from '@/app/_components/revocation-reasons'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { useChanged } from '@/app/_components/use-changed'
import { type GoOn, GoOnButtons } from '@/app/(portal)/groups/[slug]/set-up/go-on'
import type { RevocationReason } from '@/lib/services/certificates'
import type { DeviceRule, DeviceRulesDryRun } from '@/lib/services/device-rules'
import { saveDeviceRules, tryDeviceRules } from './actions'
import { DryRunResult } from './dry-run-result'

const RULE_REASONS: readonly RevocationReason[] = [
  'cessationOfOperation',
  'privilegeWithdrawn',
  'affiliationChanged',
  'keyCompromise',
  'superseded',
  'unspecified',
]

interface DeviceRulesFormProps {
  group: string
  rules: DeviceRule[]
  mayChange: boolean
  /** In the set-up of a group: saving leads on. */
  goOn?: GoOn
}

export function DeviceRulesForm({ group, rules, mayChange, goOn }: DeviceRulesFormProps) {
  const router = useRouter()
  const { form, changed, onChange, saved } = useChanged(goOn !== undefined)
  const [tried, setTried] = useState<DeviceRulesDryRun | null>(null)
  const trying = useAction(tryDeviceRules, setTried)
  const saving = useAction(saveDeviceRules, () => {
    setTried(null)
    saved()
    if (goOn) router.push(goOn.href)
    else toast('Device rules saved')
  })
  // What was tried holds for these rules alone: another choice is tried again before it can be saved.
  const onSubmit = (event: FormEvent<HTMLFormElement>) => (tried === null ? trying : saving).onSubmit(event)
  const button =
    tried === null ? (
      <SubmitButton pending={trying.pending}>Show what would happen</SubmitButton>
    ) : (
      <SubmitButton pending={saving.pending} variant={tried.total.certificates > 0 ? 'danger' : 'primary'}>
        {goOn ? 'Save and go on' : 'Save these rules'}
      </SubmitButton>
    )
  return (
    <form
      ref={form}
      onSubmit={onSubmit}
      onChange={(event) => {
        setTried(null)
        onChange(event)
      }}
      className="grid gap-5"
    >
      <input type="hidden" name="group" value={group} />
      <fieldset disabled={!mayChange} className="grid min-w-0 gap-4">
        <legend className="sr-only">Rules</legend>
        {rules.map((rule) => (
          <RuleFields key={rule.trigger} rule={rule} />
        ))}
      </fieldset>
      {tried && <DryRunResult tried={tried} />}
      <FormProblem state={tried === null ? trying.state : saving.state} />
      {mayChange && goOn && <GoOnButtons goOn={goOn}>{changed && button}</GoOnButtons>}
      {mayChange && !goOn && <div className="flex flex-wrap justify-end gap-2">{button}</div>}
    </form>
  )
}

function RuleFields({ rule: { trigger, action, reason } }: { rule: DeviceRule }) {
  const [chosen, setChosen] = useState(action)
  const { title, when } = TRIGGERS[trigger]
  return (
    <div className="grid items-start gap-3 border-b border-line pb-4 last:border-0 last:pb-0 sm:grid-cols-[minmax(0,1fr)_11rem_14rem]">
      <div>
        <p className="font-medium">{title}</p>
        <p className="text-sm text-muted">{when}</p>
      </div>
      <SelectField
        label={`${title}: answer`}
        labelHidden
        name={trigger}
        defaultValue={action}
        onChange={(event) => setChosen(event.target.value as DeviceRule['action'])}
      >
        <option value="report">Only report</option>
        <option value="hold">Hold, then release</option>
        <option value="revoke">Revoke for good</option>
      </SelectField>
      {chosen === 'revoke' ? (
        <SelectField label={`${title}: reason`} labelHidden name={`${trigger}_reason`} defaultValue={reason}>
          {RULE_REASONS.map((each) => (
            <option key={each} value={each}>
              {REASONS[each].title}
            </option>
          ))}
        </SelectField>
      ) : (
        <p className="text-sm text-muted sm:pt-2">
          {chosen === 'hold' ? 'Until the device is fine again.' : 'On its page, and nothing else.'}
        </p>
      )}
    </div>
  )
}
