/** latchkey connector inventory, accept-inventory: how an MDM's inventory was read last, and that a fleet is smaller. */
import type { InventoryReading } from '@/lib/services/inventory-readings'
import { command } from './command'
import { facts, moment } from './text'

export const showInventory = command({
  name: 'connector inventory',
  summary: 'Show the last reading of an MDM’s inventory',
  argument: 'SLUG',
  options: {},
  examples: ['connector inventory jamf'],
  async run({ argument, withServices }) {
    const lastReading = await withServices((services, actor) => services.inventoryReadings.last(actor, argument))
    const text = lastReading === null ? 'Its inventory was not read yet.' : readingText(lastReading)
    return { json: { lastReading }, text }
  },
})

export const acceptInventory = command({
  name: 'connector accept-inventory',
  summary: 'Accept that the inventory of an MDM is smaller now',
  details:
    'For a reading that saw under 80 % of the one before, of a fleet that shrank indeed. Devices that the next reading does not see either are removed, and the rules of their groups answer that, within the brake.',
  argument: 'SLUG',
  options: {
    reading: { value: 'ID', description: 'The last reading, as connector inventory shows it', required: true },
  },
  examples: ['connector accept-inventory jamf --reading 0198d2d2-0a0b-7c0d-8e0f-1a2b3c4d5e6f'],
  async run({ argument, options, withServices }) {
    const lastReading = await withServices((services, actor) =>
      services.inventoryReadings.accept(actor, argument, options.reading),
    )
    return { json: { lastReading }, text: readingText(lastReading) }
  },
})

function readingText({ id, startedAt, seen, missing, whole, before }: InventoryReading): string {
  return facts([
    ['Reading', id],
    ['Begun', moment(startedAt)],
    ['Devices seen', String(seen)],
    ['Not seen', String(missing)],
    ['Whole', whole ? 'yes' : `no: ${before ?? 0} devices before, so nothing is removed`],
  ])
}
