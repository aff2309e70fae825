/** Credentials of connectors at rest: sealed for one purpose and one row, and opened nowhere else. */
import type { KeyObject } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import type { SealPurpose } from '@/lib/services/signer'
import { decrypt, encrypt, type Kek } from './envelope'

const FORMAT = 'ca-portal/seal/v1'
/** A token or a password; whoever reaches the socket shall not use us to encrypt archives. */
const MAX_PLAINTEXT = 4_096
/** The largest request there is, with Intune's challenge in it, twice in base64. */
const MAX_NOTIFICATION = 200_000

export interface Sealing {
  seal(purpose: SealPurpose, rowId: string, plaintext: Uint8Array): Uint8Array
  open(purpose: SealPurpose, rowId: string, sealed: Uint8Array): Uint8Array
}

export function createSealing(kek: Kek): Sealing {
  const keys: Record<SealPurpose, KeyObject> = {
    validator: kek.derive('seal/validator'),
    'validator-authorization': kek.derive('seal/validator-authorization'),
    receiver: kek.derive('seal/receiver'),
    connector: kek.derive('seal/connector'),
    'connector-hook': kek.derive('seal/connector-hook'),
    'mail-server': kek.derive('seal/mail-server'),
    notification: kek.derive('seal/notification'),
  }
  return {
    seal(purpose, rowId, plaintext) {
      const most = purpose === 'notification' ? MAX_NOTIFICATION : MAX_PLAINTEXT
      if (plaintext.length === 0 || plaintext.length > most)
        throw new Refusal('invalid_input', `The signer seals 1 to ${most} bytes.`, { reason: 'seal_size' })
      return encrypt(keys[purpose], Buffer.from(plaintext), bindTo(purpose, rowId))
    },
    /** One answer, whatever is wrong: who edits rows learns nothing. */
    open(purpose, rowId, sealed) {
      try {
        return decrypt(keys[purpose], sealed, bindTo(purpose, rowId))
      } catch {
        throw new Refusal('invalid_input', 'A stored credential does not open. Enter it again.', {
          reason: 'sealed_unusable',
          detail: `sealed ${purpose} of ${rowId} does not open`,
        })
      }
    },
  }
}

/** NUL ends each field, and neither a purpose nor a UUID holds one. */
function bindTo(purpose: SealPurpose, rowId: string): Buffer {
  return Buffer.from([FORMAT, purpose, rowId].join('\0'), 'utf8')
}
