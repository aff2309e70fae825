/** Settings begin with what everybody has: the own account. */
import { redirect } from 'next/navigation'
import { requireSignedIn } from '@/app/_session'

export default async function SettingsPage() {
  await requireSignedIn()
  redirect('/settings/account')
}
