/** One's own account. */
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { Fact, Facts } from '@/app/_components/facts'
import { ROLE_NAMES } from '@/app/_components/name-of-role'
import { requireSignedIn } from '@/app/_session'
import { ChangePasswordForm } from './change-password-form'

export const metadata: Metadata = { title: 'Account' }

export default async function AccountPage() {
  const actor = await requireSignedIn()
  return (
    <div className="grid max-w-2xl gap-5">
      <Card title="You">
        <Facts>
          <Fact name="Name">{actor.name}</Fact>
          <Fact name="Role">{actor.role && ROLE_NAMES[actor.role].title}</Fact>
          {actor.groups && <Fact name="Groups">{actor.groups.join(', ') || 'None'}</Fact>}
          <Fact name="You may">{actor.role && ROLE_NAMES[actor.role].may}</Fact>
        </Facts>
      </Card>
      <Card title="Change password" description="Your other sessions end at once.">
        <ChangePasswordForm name={actor.name} />
      </Card>
    </div>
  )
}
