/** The three questions about an account: its role, its password, whether it may sign in. */
'use client'

import type { ReactNode } from 'react'
import type { Action } from '@/app/_components/action-state'
import { Button, type ButtonVariant, SubmitButton } from '@/app/_components/button'
import { DialogClose, DialogPanel } from '@/app/_components/dialog'
import { FormProblem } from '@/app/_components/form-problem'
import { NewPasswordField } from '@/app/_components/new-password-field'
import { RoleChoices } from '@/app/_components/role-choices'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import type { GroupName, UserView } from '@/lib/services/access'
import { changeRole, setDisabled, setPassword } from './actions'
import { GroupChoices } from './group-choices'

interface PanelProps {
  person: UserView
  onClose(): void
}

export function RolePanel({ person, groups, onClose }: PanelProps & { groups: readonly GroupName[] }) {
  return (
    <PersonPanel
      {...{ person, onClose }}
      action={changeRole}
      title={`Change the role of ${person.name}`}
      description="Their sessions end, and the new role and its groups hold from the next sign-in."
      confirm="Change role"
      done={`Role of ${person.name} changed`}
    >
      {(fieldError) => (
        <>
          <RoleChoices of="person" chosen={person.role} error={fieldError('role')} />
          <GroupChoices groups={groups} chosen={person.groups} error={fieldError('groups') ?? fieldError('reach')} />
        </>
      )}
    </PersonPanel>
  )
}

export function PasswordPanel({ person, onClose }: PanelProps) {
  return (
    <PersonPanel
      {...{ person, onClose }}
      action={setPassword}
      title={`Set a password for ${person.name}`}
      description="Their sessions end. Tell them the password in person or by phone, and to change it."
      confirm="Set password"
      done={`Password of ${person.name} set`}
    >
      {(fieldError) => (
        <NewPasswordField
          label="New password"
          name="password"
          context={[person.name, person.email]}
          error={fieldError('password')}
        />
      )}
    </PersonPanel>
  )
}

export function DisablePanel({ person, onClose }: PanelProps) {
  const enable = person.disabledAt !== null
  return (
    <PersonPanel
      {...{ person, onClose }}
      action={setDisabled}
      title={enable ? `Let ${person.name} sign in again?` : `Disable ${person.name}?`}
      description={
        enable
          ? 'They sign in with their old password and role.'
          : 'Their sessions end at once and they cannot sign in. What they did stays in the audit trail; you can enable them again.'
      }
      confirm={enable ? 'Enable' : 'Disable'}
      variant={enable ? 'primary' : 'danger'}
      done={enable ? `${person.name} can sign in again` : `${person.name} disabled`}
    >
      {() => <input type="hidden" name="disabled" value={enable ? 'false' : 'true'} />}
    </PersonPanel>
  )
}

interface PersonPanelProps extends PanelProps {
  action: Action<null>
  title: string
  description: string
  confirm: string
  done: string
  variant?: ButtonVariant
  children(fieldError: (name: string) => string | undefined): ReactNode
}

function PersonPanel({
  person,
  onClose,
  action,
  title,
  description,
  confirm,
  done,
  variant = 'primary',
  children,
}: PersonPanelProps) {
  const { state, pending, onSubmit, fieldError } = useAction(action, () => {
    onClose()
    toast(done)
  })
  return (
    <DialogPanel open onOpenChange={(open) => !open && onClose()} title={title} description={description}>
      <form onSubmit={onSubmit} className="group/role grid gap-4">
        <input type="hidden" name="id" value={person.id} />
        {children(fieldError)}
        <FormProblem state={state} />
        <div className="flex flex-wrap justify-end gap-2">
          <DialogClose render={<Button />}>Cancel</DialogClose>
          <SubmitButton pending={pending} variant={variant}>
            {confirm}
          </SubmitButton>
        </div>
      </form>
    </DialogPanel>
  )
}
