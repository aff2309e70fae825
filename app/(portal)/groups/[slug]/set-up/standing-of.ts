/** Reads how far a group is. */
import 'server-only'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import type { GroupOutline } from '@/lib/services/groups'
import { tellsOfDevices } from '@/lib/services/mdm-connector-types'
import type { Standing } from './standing'

export async function standingOf(actor: Actor, group: GroupOutline): Promise<Standing> {
  const { networkAccess, deviceRules, mdmConnectors, certificates, notices, eventWebhooks, staticSecrets } = server()
  const [endpoint = null] = group.endpoints
  const [network, { rules }, connectors, issued, recipients, webhooks, secrets] = await Promise.all([
    networkAccess.get(actor, group.slug),
    deviceRules.get(actor, group.slug),
    mdmConnectors.list(actor),
    certificates.list(actor, { group: group.slug }, { limit: 1 }),
    notices.recipients(actor),
    eventWebhooks.list(actor),
    endpoint?.policy === 'static' ? staticSecrets.list(actor, endpoint.slug) : [],
  ])
  return {
    endpoint,
    staticSecrets: secrets.filter(({ state }) => state === 'active').length,
    network,
    rules,
    mdms: connectors.filter(({ light, kind }) => light !== 'disabled' && tellsOfDevices(kind)).length,
    certificates: issued.items.length,
    listeners:
      recipients.filter(({ pausedAt }) => pausedAt === null).length +
      webhooks.filter(({ pausedAt }) => pausedAt === null).length,
  }
}
