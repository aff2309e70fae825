/** The second half of the first sitting: the first group, or on without it. */
import type { Metadata } from 'next'
import { ButtonLink } from '@/app/_components/button'
import { CentredPage } from '@/app/_components/centred-page'
import { requireActor } from '@/app/_session'
import { NewGroupForm } from '@/app/(portal)/groups/new/new-group-form'

export const metadata: Metadata = { title: 'Your first group' }

export default async function FirstGroupPage() {
  await requireActor('group:create')
  return (
    <CentredPage
      wide
      step="Step 2 of 2"
      title="Create your first group"
      description="A group is a set of users or devices with its own issuer: staff, students, printers, contractors."
    >
      <NewGroupForm
        placeholder="Staff"
        skip={
          <ButtonLink href="/" variant="quiet">
            Later
          </ButtonLink>
        }
      />
    </CentredPage>
  )
}
