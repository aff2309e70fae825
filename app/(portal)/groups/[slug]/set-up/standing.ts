/** How far a new group is, from what is so: nothing here remembers who passed by. */
import type { DeviceRule } from '@/lib/services/device-rules'
import type { EndpointView } from '@/lib/services/groups'
import type { NetworkAccess } from '@/lib/services/network-access'
import type { ReadinessCheck } from '@/lib/services/radius-readiness'

export const STEPS = [
  { id: 'enrolment', title: 'Who may enrol' },
  { id: 'network', title: 'Network access' },
  { id: 'devices', title: 'Lost devices' },
  { id: 'profiles', title: 'Profiles' },
  { id: 'notices', title: 'Who hears' },
] as const
export type StepId = (typeof STEPS)[number]['id']

/** `later` was passed by and waits; `ahead` is still to come. */
export type StepState = 'done' | 'later' | 'ahead'

export interface Standing {
  endpoint: Pick<EndpointView, 'policy' | 'enabled' | 'validatorId'> | null
  /** Static challenges of the endpoint that count now. */
  staticSecrets: number
  network: Omit<NetworkAccess, 'timeZone'> & { updatedAt: Date | null }
  rules: readonly Pick<DeviceRule, 'action'>[]
  /** Connectors that could tell of a lost device. */
  mdms: number
  certificates: number
  /** Recipients of notices and event webhooks. */
  listeners: number
}

/** Whether a device can enrol by the endpoint as it is set. */
export function mayEnrol({ endpoint, staticSecrets }: Pick<Standing, 'endpoint' | 'staticSecrets'>): boolean {
  if (!endpoint?.enabled) return false
  if (endpoint.policy === 'static') return staticSecrets > 0
  return endpoint.policy !== 'delegated' || endpoint.validatorId !== null
}

/** Something was set, and nobody gets it. */
export function setButOff({ enabled, updatedAt, vlan, filterId, class: name, ...rest }: Standing['network']): boolean {
  const grants = [vlan, filterId, name, rest.sessionTimeoutSeconds].some((value) => value !== null)
  const limits = [rest.ssids, rest.networkServers, rest.windows].some((list) => list.length > 0)
  return !enabled && updatedAt !== null && (grants || limits)
}

export function isDone(step: StepId, standing: Standing): boolean {
  switch (step) {
    case 'enrolment':
      return mayEnrol(standing)
    case 'network':
      return standing.network.updatedAt !== null && !setButOff(standing.network)
    case 'devices':
      return standing.mdms === 0 || standing.rules.some(({ action }) => action !== 'report')
    case 'profiles':
      return standing.certificates > 0
    case 'notices':
      return standing.listeners > 0
  }
}

export function stateOf(step: StepId, current: StepId, standing: Standing): StepState {
  if (isDone(step, standing)) return 'done'
  const place = (id: StepId) => STEPS.findIndex((each) => each.id === id)
  return place(step) < place(current) ? 'later' : 'ahead'
}

export interface Obstacle {
  text: string
  href: string
  go: string
}

/** What still keeps a real device off the network, in the order in which it is mended. */
export function obstaclesOf(group: string, standing: Standing, checks: readonly ReadinessCheck[]): Obstacle[] {
  const endpoint: Obstacle[] = mayEnrol(standing)
    ? []
    : [
        {
          text: 'No device can enrol yet, as the endpoint is set.',
          href: `/groups/${group}/set-up?step=enrolment`,
          go: 'Who may enrol',
        },
      ]
  const found = checks.flatMap(({ what, verdict, evidence }): Obstacle[] => {
    if (verdict === 'ok') return []
    switch (what) {
      case 'address':
      case 'login':
        return [{ text: evidence, href: '/help/configuration', go: 'How addresses are set' }]
      case 'key':
        return [{ text: evidence, href: '/settings/api-keys', go: 'API keys' }]
      case 'access':
        return [{ text: evidence, href: `/groups/${group}/set-up?step=network`, go: 'Network access' }]
      default:
        return [{ text: evidence, href: `/groups/${group}/radius`, go: 'RADIUS' }]
    }
  })
  return [...endpoint, ...found]
}
