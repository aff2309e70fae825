/** Reads the token from the address, asks whether it is good, then shows the form or what to do instead. */
'use client'

import { LinkIcon, LoaderCircle } from 'lucide-react'
import { useEffect, useState } from 'react'
import { CentredPage } from '@/app/_components/centred-page'
import { Problem } from '@/app/_components/form-problem'
import { checkSetupLink } from './actions'
import { SetupForm } from './setup-form'

type Link =
  | { state: 'checking' }
  | { state: 'missing' }
  | { state: 'refused' }
  | { state: 'unknown'; sentence: string }
  | { state: 'good'; token: string }

export function SetupFlow() {
  const [link, setLink] = useState<Link>({ state: 'checking' })
  useEffect(() => {
    const check = () => void readLink().then(setLink)
    check()
    window.addEventListener('hashchange', check)
    return () => window.removeEventListener('hashchange', check)
  }, [])

  switch (link.state) {
    case 'checking':
      return (
        <CentredPage title="Checking your set-up link" step="Set-up">
          <LoaderCircle className="size-5 animate-spin text-muted" role="status" aria-label="Checking" />
        </CentredPage>
      )
    case 'good':
      return (
        <CentredPage
          wide
          step="Step 1 of 2"
          title="Set up Latchkey"
          description="This makes your root authority and your account. It takes a minute and happens once."
        >
          <SetupForm token={link.token} />
        </CentredPage>
      )
    case 'missing':
      return (
        <FindTheLink title="Open the set-up link">
          This installation is new. The link to set it up was printed where Latchkey was started.
        </FindTheLink>
      )
    case 'refused':
      return (
        <FindTheLink title="This link does not work any more">
          It was used, replaced by a newer one, or is older than 24 hours.
        </FindTheLink>
      )
    case 'unknown':
      return (
        <CentredPage title="The link could not be checked" step="Set-up">
          <Problem>{link.sentence}</Problem>
        </CentredPage>
      )
  }
}

async function readLink(): Promise<Link> {
  const token = location.hash.slice(1)
  if (token === '') return { state: 'missing' }
  const form = new FormData()
  form.set('token', token)
  const answer = await checkSetupLink({ status: 'idle' }, form).catch(() => null)
  if (answer?.status === 'done') return answer.result.good ? { state: 'good', token } : { state: 'refused' }
  return {
    state: 'unknown',
    sentence: answer?.status === 'refused' ? answer.sentence : 'Latchkey did not answer. Reload this page.',
  }
}

function FindTheLink({ title, children }: { title: string; children: string }) {
  return (
    <CentredPage title={title} step="Set-up">
      <div className="grid gap-3 text-muted">
        <p>{children}</p>
        <p className="flex gap-2">
          <LinkIcon className="mt-0.5 size-4 shrink-0" aria-hidden />
          <span>
            It looks like <code className="font-mono text-sm text-ink">/setup#…</code> and follows the line "Latchkey is
            ready". Starting Latchkey again prints a fresh one.
          </span>
        </p>
      </div>
    </CentredPage>
  )
}
