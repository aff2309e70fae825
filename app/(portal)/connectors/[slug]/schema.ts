/** What the forms about one connector may say. */
import { z } from 'zod'
import { connectorName, expiryDay, KIND } from '@/app/(portal)/connectors/new/schema'

const slug = z.string().min(1).max(64)

/** Fields of the kind come beside these. An empty secret leaves the stored one. */
export const ConnectorSettingsSchema = z.looseObject({
  slug,
  kind: KIND,
  name: connectorName,
  clientSecret: z.string().max(4_000).optional(),
  credentialExpires: expiryDay,
  /** As the form was opened. */
  expiredBefore: expiryDay,
})
export const OneConnectorSchema = z.strictObject({ slug })
/** `reading`: the one whose figures were shown. */
export const AcceptInventorySchema = z.strictObject({ slug, reading: z.uuid() })
export const SwitchConnectorSchema = z.strictObject({
  slug,
  enabled: z.enum(['true', 'false']).transform((it) => it === 'true'),
})
