/** The frame of the signed-in portal. It shows who is here; each page below checks for itself. */
import type { ReactNode } from 'react'
import { Shell } from '@/app/_components/shell'
import { requireSignedIn } from '@/app/_session'

export default async function PortalLayout({ children }: { children: ReactNode }) {
  const actor = await requireSignedIn()
  return <Shell person={{ name: actor.name, role: actor.role ?? 'auditor' }}>{children}</Shell>
}
