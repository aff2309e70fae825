/** What an API operation is: one description from which the door checks and the OpenAPI document is written. */
import { z } from 'zod'
import type { ErrorCode } from '@/lib/errors'
import type { Permission } from '@/lib/services/permissions'

export type Method = 'GET' | 'POST' | 'PATCH'

/** How often one API key may ask. Minting and every other change cost more than reading. */
export type RateClass = 'read' | 'audit' | 'change'

export type Tag =
  | 'Groups'
  | 'Endpoints'
  | 'Challenges'
  | 'Challenge page'
  | 'Static secrets'
  | 'Approvals'
  | 'Devices'
  | 'Certificates'
  | 'Transactions'
  | 'Audit'
  | 'Authorities'
  | 'Network'
  | 'Connectors'
  | 'Posture'
  | 'Notices'
  | 'Access'
  | 'Description'

const Nothing = z.strictObject({})
type Fields = z.ZodObject

interface Parts<P extends Fields, Q extends Fields, B extends Fields, A extends z.ZodType> {
  /** operationId: stable, clients generate method names from it. */
  id: string
  method: Method
  /** Below /api/v1, with {names} for the parts that vary. */
  path: string
  tag: Tag
  summary: string
  description: string
  /** `public` needs no key. */
  access: Permission | 'public'
  rate: RateClass
  params?: P
  query?: Q
  /** Every POST and PATCH has one; an empty body stands for {} unless a field is required. */
  body?: B
  bodyExample?: z.input<B>
  /** Accepts an Idempotency-Key: everything that creates. */
  idempotent?: boolean
  /** Open to keys that are limited to endpoints: its service holds them to those. */
  scoped?: boolean
  answer: Answer<A>
  /** What the services may refuse, beyond what every operation can answer. */
  refusals?: ErrorCode[]
}

/** A JSON document, parsed by `schema` on its way out: what is not described is not sent. */
export interface Answer<A extends z.ZodType> {
  status: 200 | 201
  description: string
  schema: A
  /** As a service returns it. The example of the document is this, sent through the schema. */
  example: z.input<A>
  /** Path of what was created, for the Location header. */
  location?: (document: z.output<A>) => string
  /** Media types of a download; the handler then returns a FileAnswer and `schema` describes nothing. */
  files?: Record<string, string>
}

export interface Operation<
  P extends Fields = Fields,
  Q extends Fields = Fields,
  B extends Fields = Fields,
  A extends z.ZodType = z.ZodType,
> extends Required<Omit<Parts<P, Q, B, A>, 'bodyExample'>> {
  bodyExample: z.input<B> | undefined
}

/** Any operation, whatever its types: what the registry and the OpenAPI document see. */
export type AnyOperation = Omit<Operation, 'answer' | 'bodyExample'> & {
  bodyExample: unknown
  answer: Pick<Answer<z.ZodType>, 'status' | 'description' | 'files'> & {
    schema: z.ZodType
    example: unknown
    location?: (document: never) => string
  }
}

export function operation<
  A extends z.ZodType,
  P extends Fields = typeof Nothing,
  Q extends Fields = typeof Nothing,
  B extends Fields = typeof Nothing,
>(parts: Parts<P, Q, B, A>): Operation<P, Q, B, A> {
  return {
    ...parts,
    // The defaults are the very types that stand in when a caller leaves the part out.
    params: parts.params ?? (Nothing as unknown as P),
    query: parts.query ?? (Nothing as unknown as Q),
    body: parts.body ?? (Nothing as unknown as B),
    bodyExample: parts.bodyExample,
    idempotent: parts.idempotent ?? false,
    scoped: parts.scoped ?? false,
    refusals: parts.refusals ?? [],
  }
}

/** Bytes to be saved, such as a certificate in DER. */
export class FileAnswer {
  readonly contentType: string
  readonly fileName: string
  readonly bytes: Uint8Array

  constructor(contentType: string, fileName: string, bytes: Uint8Array) {
    this.contentType = contentType
    this.fileName = fileName
    this.bytes = bytes
  }
}
