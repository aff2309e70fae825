/** An Apple profile for one device: signed, with a challenge of its own, which is in this page's memory and nowhere else. */
'use client'

import { Download, Smartphone } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button, buttonClass, SubmitButton } from '@/app/_components/button'
import { Dialog, DialogClose } from '@/app/_components/dialog'
import { TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { Instant } from '@/app/_components/instant'
import { Notice } from '@/app/_components/notice'
import { useAction } from '@/app/_components/use-action'
import { makeDeviceProfile } from './actions'

interface OneDeviceProps {
  slug: string
  organisation: string
  ssid: string
  radius: string
}

export function OneDevice(props: OneDeviceProps) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant="secondary"
      label={
        <>
          <Smartphone aria-hidden />
          For one device
        </>
      }
      title="A profile for one device"
      description="Signed, with a challenge that is minted now and lets in this device alone."
    >
      <OneDeviceForm {...props} />
    </Dialog>
  )
}

function OneDeviceForm({ slug, organisation, ssid, radius }: OneDeviceProps) {
  const { state, pending, onSubmit, fieldError } = useAction(makeDeviceProfile)
  if (state.status === 'done') return <Made {...state.result} />
  return (
    <form onSubmit={onSubmit} className="grid gap-4">
      <input type="hidden" name="slug" value={slug} />
      <input type="hidden" name="ssid" value={ssid} />
      <input type="hidden" name="radius" value={radius} />
      <TextField
        label="Subject of its certificate"
        name="subject"
        placeholder={`CN=tablet-7,O=${organisation}`}
        hint={ssid ? `The profile also joins the network ${ssid}.` : 'Without a network: choose one on the page first.'}
        error={fieldError('subject')}
        autoComplete="off"
        maxLength={300}
        required
      />
      <FormProblem state={state} />
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Cancel</DialogClose>
        <SubmitButton pending={pending}>Mint and make profile</SubmitButton>
      </div>
    </form>
  )
}

interface MadeProps {
  fileName: string
  contentType: string
  base64: string
  subject: string
  expiresAt: Date
}

function Made({ fileName, contentType, base64, subject, expiresAt }: MadeProps) {
  const [href, setHref] = useState<string>()
  useEffect(() => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    const url = URL.createObjectURL(new Blob([bytes], { type: contentType }))
    setHref(url)
    return () => URL.revokeObjectURL(url)
  }, [base64, contentType])
  return (
    <div className="grid gap-4">
      <p>
        For <span className="font-mono text-sm wrap-anywhere">{subject}</span>, until <Instant at={expiresAt} />.
      </p>
      <Notice tone="warn" title="Whoever has this file can enrol as this device">
        Until then, or until it was used. It cannot be shown again: download it now and hand it to the device.
      </Notice>
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose render={<Button />}>Close</DialogClose>
        <a href={href} download={fileName} className={buttonClass('primary')}>
          <Download aria-hidden />
          Download {fileName}
        </a>
      </div>
    </div>
  )
}
