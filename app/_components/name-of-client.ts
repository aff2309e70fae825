/** Client families in words. */
import { CLIENTS, isClientFamily } from '@/lib/scep/client-catalogue'

/** Null when it was not recognised; a family that a later version wrote down is shown by its id. */
export function nameOfClient(client: string | null): string | null {
  if (client === null) return null
  return isClientFamily(client) ? CLIENTS[client].name : client
}
