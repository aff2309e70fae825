/** Signs in through next-auth and puts its codes into one calm sentence each. */
'use client'

import { signIn } from 'next-auth/react'

/** Null when the session has begun; otherwise what went wrong. */
export async function startSession(email: string, password: string): Promise<string | null> {
  // The callback URL is named, because the default is the page's own address, fragment included.
  const answer = await signIn('credentials', { email, password, redirect: false, callbackUrl: '/' }).catch(
    () => undefined,
  )
  if (answer?.ok && !answer.error) return null
  const [code, seconds] = (answer?.error ?? '').split(':')
  if (code === 'CredentialsSignin')
    return 'That e-mail address and password do not belong together. Check both and try again.'
  if (code === 'rate_limited') return `Too many attempts. Try again ${inWords(Number(seconds))}.`
  return 'Latchkey cannot sign anybody in at the moment. Try again in a minute; nothing is wrong with your password.'
}

function inWords(seconds: number): string {
  if (!(seconds > 0)) return 'in a few minutes'
  const at = new Date(Date.now() + seconds * 1000)
  const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' }).format(at)
  const minutes = Math.ceil(seconds / 60)
  return seconds < 60
    ? `in ${Math.ceil(seconds)} seconds`
    : `at ${clock}, in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`
}
