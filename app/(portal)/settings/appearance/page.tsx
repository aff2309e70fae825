/** How the portal looks to this reader, in this browser. */
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { requireSignedIn } from '@/app/_session'
import { AppearanceChoices } from './appearance-choices'

export const metadata: Metadata = { title: 'Appearance' }

export default async function AppearancePage() {
  await requireSignedIn()
  return (
    <div className="max-w-2xl">
      <Card title="Appearance" description="Kept in this browser, for you alone. It holds at once.">
        <AppearanceChoices />
      </Card>
    </div>
  )
}
