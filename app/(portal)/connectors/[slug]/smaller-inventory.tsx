/** A reading that saw far fewer devices than before is believed when an administrator says so. */
import { ConfirmAction } from '@/app/_components/confirm-action'
import { Notice } from '@/app/_components/notice'
import type { InventoryReading } from '@/lib/services/inventory-readings'
import { acceptInventory } from './actions'
import { counted } from './inventory-card'

interface SmallerInventoryProps {
  slug: string
  reading: InventoryReading
  mayAccept: boolean
}

export function SmallerInventory({ slug, reading, mayAccept }: SmallerInventoryProps) {
  const { id, seen, missing, before } = reading
  return (
    <Notice tone="warn" title="The inventory is much smaller than before">
      <div className="grid justify-items-start gap-2">
        <p>
          The last reading saw {counted(seen)} {seen === 1 ? 'device' : 'devices'}, the last whole one{' '}
          {counted(before ?? 0)}. Under 80 % is taken for a broken reading: none of the {counted(missing)} that it did
          not see is removed. Look whether the API role still sees all devices.
        </p>
        {mayAccept && seen > 0 && (
          <>
            <p>If so many devices are gone indeed, accept it.</p>
            <ConfirmAction
              action={acceptInventory}
              values={{ slug, reading: id }}
              variant="secondary"
              size="small"
              label="Accept the smaller inventory"
              title={`Accept ${counted(seen)} instead of ${counted(before ?? 0)} devices?`}
              confirm="Accept it"
              done="Smaller inventory accepted"
            >
              <p>
                Later readings are measured against this one. Of the {counted(missing)} devices that it did not see,
                those that the next reading does not see either are removed.
              </p>
              <p>
                What becomes of their certificates is said by the device rules of their groups. The brake of this MDM
                holds back what is too much within an hour.
              </p>
            </ConfirmAction>
          </>
        )}
      </div>
    </Notice>
  )
}
