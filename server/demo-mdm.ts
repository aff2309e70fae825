/** What the parts of the demo that an MDM manages have in common: whom they act as, and how a simulator is told things. */
import type { KeyObject } from 'node:crypto'
import type { Services } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { GroupView } from '@/lib/services/groups'

export const DAY = 86_400_000

export interface ManagedPart {
  services: Services
  actor: Actor
  /** Whose devices are managed. */
  group: GroupView
  /** For a few devices: making one takes a while. */
  makeKeys(): Promise<KeyObject[]>
  /** Moves the clock of the services. */
  setClock(shiftMilliseconds: number): Promise<void>
}

/** By POST /_sim/{verb}. */
export async function tellSimulator<Answer = Record<string, unknown>>(
  url: string,
  verb: string,
  body: object,
): Promise<Answer> {
  const response = await fetch(`${url}/_sim/${verb}`, { method: 'POST', body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`the simulator answered ${verb} with ${response.status}: ${await response.text()}`)
  return (await response.json()) as Answer
}
