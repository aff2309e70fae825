/** Where e-mails leave: the form, and a test of it. */
'use client'

import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { Choice, SelectField, TextArea, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { Notice } from '@/app/_components/notice'
import { toast } from '@/app/_components/toasts'
import { useAction } from '@/app/_components/use-action'
import type { MailServerView } from '@/lib/services/mail-server'
import { saveMailServer, sendTestMail } from './actions'

export function MailServerDialog({ mailServer }: { mailServer: MailServerView | null }) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant={mailServer === null ? 'primary' : 'secondary'}
      label={mailServer === null ? 'Set mail server' : 'Change'}
      title="Mail server"
    >
      <MailServerForm mailServer={mailServer} onDone={() => setOpen(false)} />
    </Dialog>
  )
}

function MailServerForm({ mailServer, onDone }: { mailServer: MailServerView | null; onDone: () => void }) {
  const { state, pending, onSubmit, fieldError } = useAction(saveMailServer, () => {
    onDone()
    toast('Mail server saved', 'Send a test to see whether it works.')
  })
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <div className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_6rem]">
        <TextField
          label="Host"
          name="host"
          placeholder="mail.example.org"
          defaultValue={mailServer?.host}
          error={fieldError('host')}
          autoComplete="off"
          required
        />
        <TextField
          label="Port"
          name="port"
          type="number"
          inputMode="numeric"
          min={1}
          max={65_535}
          defaultValue={mailServer?.port ?? 587}
          error={fieldError('port')}
          required
        />
      </div>
      <SelectField
        label="Encryption"
        name="security"
        defaultValue={mailServer?.security ?? 'starttls'}
        hint="Without any, nobody can sign in, and only servers are used that the deployment names with http:// in LATCHKEY_OUTBOUND_ALLOW."
        error={fieldError('security')}
      >
        <option value="starttls">STARTTLS, usually port 587</option>
        <option value="tls">TLS from the start, usually port 465</option>
        <option value="none">None</option>
      </SelectField>
      <TextField
        label="User name"
        name="username"
        hint="Empty if it takes e-mails without one."
        defaultValue={mailServer?.username ?? ''}
        error={fieldError('username')}
        autoComplete="off"
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        hint={
          mailServer?.hasPassword
            ? 'Leave it empty to keep the stored one. Another host, port or user name needs it again.'
            : 'Sealed by the signer and never shown again.'
        }
        error={fieldError('password')}
        autoComplete="new-password"
      />
      <TextField
        label="From, name"
        name="fromName"
        defaultValue={mailServer?.fromName ?? 'Latchkey'}
        error={fieldError('fromName')}
        autoComplete="off"
        required
      />
      <TextField
        label="From, address"
        name="fromAddress"
        type="email"
        placeholder="latchkey@example.org"
        hint="One that the server lets this account send as."
        defaultValue={mailServer?.fromAddress}
        error={fieldError('fromAddress')}
        autoComplete="off"
        required
      />
      <Choice
        name="privateNetwork"
        defaultChecked={mailServer?.privateNetwork ?? false}
        title="It is in a private network"
        description="Otherwise its name must lead to a public address."
      />
      <TextArea
        label="Its own authority"
        name="ca"
        rows={3}
        hint="Certificates in PEM, if its certificate comes from an authority that is not publicly trusted."
        defaultValue={mailServer?.ca ?? ''}
        error={fieldError('ca')}
        className="font-mono text-sm"
        spellCheck={false}
      />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Save mail server</SubmitButton>
      </div>
    </form>
  )
}

export function TestMailDialog() {
  const [open, setOpen] = useState(false)
  return (
    <Dialog open={open} onOpenChange={setOpen} size="small" label="Send a test" title="Send a test e-mail">
      <TestMailForm />
    </Dialog>
  )
}

function TestMailForm() {
  const { state, pending, onSubmit, fieldError } = useAction(sendTestMail)
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <TextField
        label="To"
        name="to"
        type="email"
        placeholder="you@example.org"
        error={fieldError('to')}
        autoComplete="email"
        required
      />
      <div role="status">
        {state.status === 'done' && (
          <Notice
            tone={state.result.works ? 'info' : 'warn'}
            title={state.result.works ? 'The test was sent' : 'The test was not sent'}
          >
            {state.result.sentence}
          </Notice>
        )}
      </div>
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Close</DialogClose>
        <SubmitButton pending={pending}>Send test</SubmitButton>
      </div>
    </form>
  )
}
