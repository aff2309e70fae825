/** One section of an endpoint's settings: its fields, its own button, and what was wrong with it. */
'use client'

import type { ReactNode } from 'react'
import { SubmitButton } from '@/app/_components/button'
import { FormProblem } from '@/app/_components/form-problem'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import { saveEndpointSettings } from '@/app/(portal)/endpoints/actions'

interface SettingsSectionProps {
  section: 'enrolment' | 'protocol' | 'renewal' | 'profile'
  title: string
  slug: string
  mayChange: boolean
  children(fieldError: (name: string) => string | undefined): ReactNode
}

export function SettingsSection({ section, title, slug, mayChange, children }: SettingsSectionProps) {
  const { state, pending, onSubmit, fieldError } = useAction(saveEndpointSettings, () => toast('Settings saved'))
  return (
    <form onSubmit={onSubmit}>
      <fieldset disabled={!mayChange} className="grid min-w-0 gap-4">
        <legend className="sr-only">{title}</legend>
        <input type="hidden" name="section" value={section} />
        <input type="hidden" name="slug" value={slug} />
        {children((name) => fieldError(name) ?? fieldError(`profile.${name}`))}
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
