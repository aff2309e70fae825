/** What services ask of Microsoft Intune. lib/adapters/mdm/intune-client.ts implements it. */
import type { ConnectorCheck, MdmConnector } from './mdm-connector-types'
import type { OutboundFault } from './outbound'

export type ScepAction = 'validateRequest' | 'successNotification' | 'failureNotification'

/**
 * Why Intune has not spoken. no_credential: none was entered, or it does not open. refused: a token or the list of
 * services was denied. no_service: it is not on the list. backing_off: the credential was denied a moment ago. status: an
 * HTTP status that is no answer. not_json: no answer of this protocol.
 */
export type IntuneFault =
  | OutboundFault
  | 'no_credential'
  | 'refused'
  | 'no_service'
  | 'backing_off'
  | 'status'
  | 'not_json'

export interface Unsaid {
  said: false
  fault: IntuneFault
  /** One sentence for an administrator: where it failed, and with what. */
  detail: string
}

export type ScepAnswer = { said: true; code: string; description: string } | Unsaid

/** One request of Intune's to revoke (intune.md §8.1). */
export interface RevocationRequestItem {
  requestContext: string
  serialNumber: string
  issuerName: string | null
  caConfiguration: string | null
}

export interface RevocationResult {
  requestContext: string
  succeeded: boolean
  errorCode: CaErrorCode
  errorMessage: string
}

/** intune.md §8.2. */
export const CA_ERROR_NUMBER = {
  None: 0,
  NonRetryableServiceException: 4000,
  DataSerializationError: 4001,
  ParameterDataInvalidError: 4002,
  CryptographyError: 4003,
  CertificateNotFoundError: 4004,
  ConflictError: 4005,
  NotSupportedError: 4006,
  PayloadTooLargeError: 4007,
  RetryableServiceException: 4100,
  ServiceUnavailableException: 4101,
  ServiceTooBusyException: 4102,
  AuthenticationException: 4103,
} as const
export type CaErrorCode = keyof typeof CA_ERROR_NUMBER

/** On whose behalf something is asked. */
export interface Occasion {
  /** Row id, for the connector's log. */
  enrolmentTransactionId: string | null
  /** How long it may take with everything that comes before it: somebody waits. */
  patienceMs: number
}

export interface IntuneClient {
  /** Never throws for what the other side does. `body` is sent as it is. */
  act(connector: MdmConnector, action: ScepAction, body: Uint8Array, occasion: Occasion): Promise<ScepAnswer>
  /** At most `most`, 1 to 500. */
  downloadRevocations(
    connector: MdmConnector,
    most: number,
  ): Promise<{ said: true; requests: RevocationRequestItem[] } | Unsaid>
  /** `recorded` is false for an answer that is no clear yes. */
  uploadRevocations(
    connector: MdmConnector,
    results: readonly RevocationResult[],
  ): Promise<{ said: true; recorded: boolean } | Unsaid>
  /** Tokens and discovery, anew; changes nothing. */
  test(connector: MdmConnector): Promise<ConnectorCheck[]>
}
