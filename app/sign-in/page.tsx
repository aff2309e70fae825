/** E-mail and password. Whoever is signed in already goes straight on. */
import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { CentredPage } from '@/app/_components/centred-page'
import { readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { currentActor } from '@/app/_session'
import { server } from '@/lib/server'
import { localPath } from './local-path'
import { SignInForm } from './sign-in-form'

export const metadata: Metadata = { title: 'Sign in' }

export default async function SignInPage({ searchParams }: { searchParams: SearchParameters }) {
  const { next } = await readParameters(searchParams, ['next'])
  const target = localPath(next)
  if (await currentActor()) redirect(target)
  if (!(await server().setup.isDone())) redirect('/setup')
  return (
    <CentredPage title="Sign in" description="to the certificate portal of your organisation.">
      <SignInForm target={target} />
    </CentredPage>
  )
}
