/** The frame of the signed-in portal. It shows who is here; each page below checks for itself. */
import type { ReactNode } from 'react'
import { Shell } from '@/app/_components/shell'
import { requireSignedIn } from '@/app/_session'
import { server } from '@/lib/server'
import { permissionsOf, reachOf } from '@/lib/services/permissions'

export default async function PortalLayout({ children }: { children: ReactNode }) {
  const actor = await requireSignedIn()
  const counts = { approvals: { at: Date.now(), count: await server().approvals.countOpen(actor) } }
  return (
    <Shell
      person={{ name: actor.name, role: actor.role ?? 'auditor', permissions: permissionsOf(actor), ...reachOf(actor) }}
      counts={counts}
    >
      {children}
    </Shell>
  )
}
