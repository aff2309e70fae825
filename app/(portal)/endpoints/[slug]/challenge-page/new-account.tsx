/** A new account of the challenge page: for which product, within which bounds; then what to enter there, once. */
'use client'

import { Plus } from 'lucide-react'
import { useState } from 'react'
import { Button, SubmitButton } from '@/app/_components/button'
import { CopyValue } from '@/app/_components/copy-value'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { SelectField, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { Notice } from '@/app/_components/notice'
import { useAction } from '@/app/_components/use-action'
import { AccountFields } from './account-fields'
import { addPageAccount } from './actions'
import { PRODUCTS } from './products'

export function NewPageAccount({ slug }: { slug: string }) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant="secondary"
      label={
        <>
          <Plus aria-hidden />
          Add account
        </>
      }
      title="Add an account for an MDM"
      description="It fetches one challenge for each device from a page that looks like Microsoft's NDES."
    >
      <NewAccountForm slug={slug} />
    </Dialog>
  )
}

const BEFORE = {
  name: '',
  allowedAddresses: [],
  fromEverywhere: false,
  encoding: 'utf-16le',
  format: 'hex32',
  ttlMinutes: 60,
  mostPending: 1_000,
  subjectTemplate: '',
} as const

function NewAccountForm({ slug }: { slug: string }) {
  const { state, pending, onSubmit, fieldError } = useAction(addPageAccount)
  const [chosen, setChosen] = useState(PRODUCTS[0]?.id)
  const product = PRODUCTS.find(({ id }) => id === chosen) ?? null
  if (state.status === 'done') return <Added {...state.result} />
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="slug" value={slug} />
      <SelectField
        label="Device management"
        hint={product?.note}
        value={chosen}
        onChange={(event) => setChosen(event.target.value)}
      >
        {PRODUCTS.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <div className="grid gap-4 sm:grid-cols-2" key={product?.id}>
        <TextField
          label="Name"
          name="name"
          defaultValue={product?.known ? product.name : ''}
          error={fieldError('name')}
          autoComplete="off"
          maxLength={60}
          required
        />
        <TextField
          label="User name"
          name="user"
          placeholder="made from the name"
          error={fieldError('user')}
          autoComplete="off"
          maxLength={64}
        />
      </div>
      <AccountFields before={{ ...BEFORE, allowedAddresses: [] }} product={product} fieldError={fieldError} />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Add account</SubmitButton>
      </div>
    </form>
  )
}

interface AddedProps {
  url: string
  scepUrl: string
  user: string
  secret: string
  fromEverywhere: boolean
}

function Added({ url, scepUrl, user, secret, fromEverywhere }: AddedProps) {
  const values = [
    ['URL of the challenge page', url, 'challenge page URL'],
    ['User name', user, 'user name'],
    ['Password', secret, 'password'],
    ['SCEP URL', scepUrl, 'SCEP URL'],
  ] as const
  return (
    <div className="grid gap-4">
      <p className="text-muted">
        Enter these in the device management. Copy the password now: it is stored only as a hash and cannot be shown
        again.
      </p>
      {values.map(([label, value, what]) => (
        <div key={label} className="grid gap-1.5">
          <p className="text-sm font-medium">{label}</p>
          <CopyValue value={value} what={what} />
        </div>
      ))}
      {fromEverywhere && (
        <Notice tone="warn" title="It can be used from anywhere">
          Whoever learns the password can fetch challenges. Prefer to name the addresses of the device management.
        </Notice>
      )}
      <div className="flex justify-end">
        <DialogClose render={<Button variant="primary" />}>I have copied it</DialogClose>
      </div>
    </div>
  )
}
