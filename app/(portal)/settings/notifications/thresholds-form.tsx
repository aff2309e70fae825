/** When something is worth telling. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { EXPIRY_TOPICS, type NoticeSettings } from '@/lib/services/notice-types'
import { saveThresholds } from './actions'
import { EXPIRY_LABELS } from './topics'

export function ThresholdsForm({ settings, readOnly }: { settings: NoticeSettings; readOnly: boolean }) {
  const { state, pending, onSubmit, fieldError } = useAction(saveThresholds, () =>
    toast('Thresholds saved', 'They hold within a minute.'),
  )
  const number = { type: 'number', inputMode: 'numeric', required: true, readOnly } as const
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <fieldset className="grid gap-4 sm:grid-cols-2">
        <legend className="mb-3 text-sm text-muted">
          Days before the end, separated by commas. Empty: never. Each is told once, and once more when it has ended.
        </legend>
        {EXPIRY_TOPICS.map((topic) => (
          <TextField
            key={topic}
            label={EXPIRY_LABELS[topic]}
            name={topic}
            defaultValue={settings.thresholds[topic].join(', ')}
            error={fieldError(topic)}
            readOnly={readOnly}
            autoComplete="off"
          />
        ))}
      </fieldset>
      <fieldset className="grid gap-4 sm:grid-cols-3">
        <legend className="mb-3 text-sm text-muted">
          Told when the number is reached, and again only after it fell. 0: never.
        </legend>
        <TextField
          {...number}
          label="Failed enrolments of one endpoint"
          name="enrolmentFailures"
          min={0}
          max={100_000}
          defaultValue={settings.enrolmentFailures.count}
          error={fieldError('enrolmentFailures')}
        />
        <TextField
          {...number}
          label="Within minutes"
          name="minutes"
          min={5}
          max={1_440}
          defaultValue={settings.enrolmentFailures.minutes}
          error={fieldError('minutes')}
        />
        <TextField
          {...number}
          label="Failed calls in a row to one connector"
          name="connectorFailures"
          min={0}
          max={100_000}
          defaultValue={settings.connectorFailures.count}
          error={fieldError('connectorFailures')}
        />
      </fieldset>
      <FormProblem state={state} />
      {!readOnly && (
        <div className="flex justify-end">
          <SubmitButton pending={pending}>Save thresholds</SubmitButton>
        </div>
      )}
    </form>
  )
}
