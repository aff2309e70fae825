/** The challenge policies with what each means for devices and for people. */
import { POLICY_NAMES } from '@/app/_components/name-of-policy'
import type { EndpointPolicy } from '@/lib/services/endpoint-settings'

const CONSEQUENCES: Record<EndpointPolicy, string> = {
  dynamic: 'Each device gets a password of its own that works once and is bound to its name. The safest choice.',
  approval: 'Every request waits until people approve it. Devices have to keep asking meanwhile.',
  static: 'Many devices share one secret: whoever learns it can enrol. Weak, for devices that know nothing else.',
  delegated: 'Microsoft Intune or a validator of yours is asked about each request. No answer means no certificate.',
}

/** `delegated` is offered once a validator is set: without one, nobody could decide. */
export function policyChoices(validator: boolean) {
  const offered = (['dynamic', 'approval', 'static', 'delegated'] as const).filter(
    (policy) => policy !== 'delegated' || validator,
  )
  return offered.map((value) => ({ value, title: POLICY_NAMES[value], description: CONSEQUENCES[value] }))
}
