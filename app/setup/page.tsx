/** The first run. The one-time token rides in the fragment, which browsers never send: no log can hold it. */
import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { server } from '@/lib/server'
import { SetupFlow } from './setup-flow'

export const metadata: Metadata = { title: 'Set-up' }

export default async function SetupPage() {
  if (await server().setup.isDone()) redirect('/')
  return <SetupFlow />
}
