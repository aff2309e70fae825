/** How the inventory was read last: when, how many devices it has, and whether that was all of it. */
import { Card } from '@/app/_components/card'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import type { InventoryReading } from '@/lib/services/inventory-readings'
import { SyncCard } from './sync-card'

interface InventoryCardProps {
  slug: string
  reading: InventoryReading | null
  maySync: boolean
}

export function InventoryCard({ slug, reading, maySync }: InventoryCardProps) {
  const last = reading === null ? <p className="text-muted">Not read yet.</p> : <LastReading reading={reading} />
  return maySync ? <SyncCard slug={slug}>{last}</SyncCard> : <Card title="Inventory">{last}</Card>
}

function LastReading({ reading: { finishedAt, seen, missing, whole, before } }: { reading: InventoryReading }) {
  return (
    <Facts>
      <Fact name="Last reading">
        <Instant at={finishedAt} show="relative" />
      </Fact>
      <Fact name="Devices seen">{counted(seen)}</Fact>
      <Fact name="Result">
        {whole ? wholeText(missing) : `Not whole: ${counted(before ?? 0)} devices before, so nothing was removed`}
      </Fact>
    </Facts>
  )
}

function wholeText(missing: number): string {
  if (missing === 0) return 'Whole'
  return `Whole; ${counted(missing)} known ${missing === 1 ? 'device was' : 'devices were'} not seen`
}

export function counted(devices: number): string {
  return devices.toLocaleString('en-GB')
}
