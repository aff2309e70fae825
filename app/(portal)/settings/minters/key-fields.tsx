/** The public keys of a minter: pasted, or fetched from where it publishes them, looked at, and pinned with the form. */
'use client'

import { LoaderCircle } from 'lucide-react'
import { useState, useTransition } from 'react'
import { Button } from '@/app/_components/button'
import { TextArea, TextField } from '@/app/_components/field'
import { VisibleText } from '@/app/_components/visible-text'
import type { FetchedKeys } from '@/lib/services/minters'
import { fetchMinterKeys } from './actions'

interface KeyFieldsProps {
  /** The minter has keys already. */
  changes: boolean
  /** Where those came from. */
  jwksUrl: string | null
  fieldError(field: string): string | undefined
}

export function KeyFields({ changes, jwksUrl, fieldError }: KeyFieldsProps) {
  const [address, setAddress] = useState('')
  const [jwks, setJwks] = useState('')
  const [found, setFound] = useState<FetchedKeys | null>(null)
  const [problem, setProblem] = useState<string>()
  const [pending, startTransition] = useTransition()

  const fetchKeys = () =>
    startTransition(async () => {
      const form = new FormData()
      form.set('jwksUrl', address)
      const answer = await fetchMinterKeys({ status: 'idle' }, form)
      const result = answer.status === 'done' ? answer.result : null
      setFound(result)
      setProblem(answer.status === 'refused' ? (answer.fields.jwksUrl ?? answer.sentence) : undefined)
      if (result === null) return
      setAddress(result.url)
      setJwks(result.jwks)
    })
  /** What was fetched belongs to its address: neither stays when the other changes. */
  const enterAddress = (text: string) => {
    setAddress(text)
    if (found !== null) setJwks('')
    setFound(null)
    setProblem(undefined)
  }
  const enterKeys = (text: string) => {
    setJwks(text)
    if (found !== null) setAddress('')
    setFound(null)
  }

  return (
    <div className="grid gap-3">
      <div className="grid items-start gap-2 sm:grid-cols-[1fr_auto]">
        <TextField
          label={changes ? 'Address of new public keys' : 'Address of the public keys'}
          name="jwksUrl"
          type="url"
          inputMode="url"
          placeholder="https://mdm.example.com/jwks.json"
          hint={
            jwksUrl === null
              ? 'Fetched once and pinned. Or paste them below.'
              : `The present keys came from ${jwksUrl}. They are pinned: fetch again to change them.`
          }
          value={address}
          onChange={(event) => enterAddress(event.target.value)}
          onKeyDown={(event) => {
            // Whoever confirms an address wants to see what is there, not to save the form.
            if (event.key !== 'Enter' || found !== null) return
            event.preventDefault()
            if (address.trim() !== '') fetchKeys()
          }}
          error={problem ?? fieldError('jwksUrl')}
          autoComplete="off"
          spellCheck={false}
        />
        <Button
          className="w-fit sm:mt-6.5"
          onClick={fetchKeys}
          disabled={pending || address.trim() === ''}
          aria-busy={pending}
        >
          {pending && <LoaderCircle className="animate-spin" aria-hidden />}
          Fetch keys
        </Button>
      </div>
      <div role="status" className="empty:hidden">
        {found && <Found {...found} />}
      </div>
      <TextArea
        label={changes ? 'New public keys' : 'Public keys'}
        name="jwks"
        placeholder='{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"…","x":"…"}]}'
        hint={
          changes
            ? 'Left empty, the keys stay. New ones end the old: give both while it changes over.'
            : 'A JWK set: Ed25519 for EdDSA, P-256 for ES256.'
        }
        value={jwks}
        onChange={(event) => enterKeys(event.target.value)}
        error={fieldError('jwks')}
        className="min-h-24 font-mono text-sm!"
        spellCheck={false}
      />
    </div>
  )
}

function Found({ keys, leftOut }: FetchedKeys) {
  return (
    <div className="grid gap-2 rounded-md border border-line bg-sunken px-3 py-2 text-sm">
      <p>
        {keys.length === 1 ? 'One key was found. It is pinned' : `${keys.length} keys were found. They are pinned`} when
        you save: compare the thumbprints with those the minter shows.
        {leftOut > 0 && ` ${leftOut} of other kinds or for other uses ${leftOut === 1 ? 'is' : 'are'} left out.`}
      </p>
      <ul className="grid gap-1">
        {keys.map(({ kid, algorithm, thumbprint }) => (
          <li key={kid} className="wrap-anywhere">
            {algorithm} <VisibleText>{kid}</VisibleText>
            <code className="block font-mono text-xs text-muted">{thumbprint}</code>
          </li>
        ))}
      </ul>
    </div>
  )
}
