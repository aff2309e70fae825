/** How long the flight recorder keeps what it saw. */
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import { RetentionForm } from './retention-form'

export const metadata: Metadata = { title: 'Retention' }

export default async function RetentionPage() {
  const actor = await requireActor('retention:read')
  const retention = await server().retention.get(actor)
  return (
    <div className="max-w-2xl">
      <Card
        title="Flight recorder"
        description="The steps of each enrolment, without secrets. The audit trail and certificates are kept for good. A change holds for what is kept already, too: a shorter time forgets within a quarter of an hour, a longer one keeps what is still there."
      >
        <RetentionForm retention={retention} />
      </Card>
    </div>
  )
}
