/** What is wrong with a message, and what of it is known, so that a FAILURE can still be sealed. */
import type { Digest } from './algorithms'

/** `malformed`: HTTP 400, nothing can be correlated. The others: a signed FAILURE of that failInfo. */
export type ScepFaultKind = 'malformed' | 'badAlg' | 'badMessageCheck' | 'badRequest'

/** Read from the message but not proven by its signature: good for correlating the reply, for nothing else. */
export interface MessageFacts {
  transactionId: Uint8Array
  transactionIdTag: number
  senderNonce: Uint8Array | null
  /** SHA-256 when the message's own is none of ours. */
  digest: Digest
  messageType: number | null
}

/** From parsePkiMessage, `facts` is there unless the kind is `malformed`; from parseEnvelope it never is. */
export class ScepFault extends Error {
  readonly kind: ScepFaultKind
  readonly facts: MessageFacts | null

  constructor(kind: ScepFaultKind, message: string, facts: MessageFacts | null = null) {
    super(message)
    this.name = 'ScepFault'
    this.kind = kind
    this.facts = facts
  }
}
