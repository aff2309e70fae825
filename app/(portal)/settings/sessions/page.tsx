/** Where people are signed in, each to be ended at once. */

import { MonitorSmartphone } from 'lucide-react'
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { EmptyState } from '@/app/_components/empty-state'
import { requireSignedIn } from '@/app/_session'
import { server } from '@/lib/server'
import { can } from '@/lib/services/permissions'
import { SessionTable } from './session-table'

export const metadata: Metadata = { title: 'Sessions' }

export default async function SessionsPage() {
  const actor = await requireSignedIn()
  const everyone = can(actor, 'user:read')
  const sessions = await server().access.sessions(actor, everyone)
  const own = sessions.filter(({ userId }) => userId === actor.id)
  const others = sessions.filter(({ userId }) => userId !== actor.id)
  return (
    <div className="grid gap-5">
      <Card flush title="Your sessions" description="End the ones you do not recognise, and change your password.">
        <SessionTable sessions={own} current={actor.sessionId} mayEnd withNames={false} />
      </Card>
      {everyone && (
        <Card flush title="Everybody else's">
          {others.length > 0 ? (
            <SessionTable sessions={others} current={actor.sessionId} mayEnd={can(actor, 'session:manage')} withNames />
          ) : (
            <EmptyState icon={MonitorSmartphone} title="Nobody else is signed in">
              Sessions end by themselves after twelve hours, or sooner when nobody uses them.
            </EmptyState>
          )}
        </Card>
      )}
    </div>
  )
}
