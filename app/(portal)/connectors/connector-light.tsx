/** How a connector is, in a word, a shape and a colour. */
import { Ban, CircleCheck, CircleDashed, CircleX, KeyRound, type LucideIcon } from 'lucide-react'
import { Badge, type Tone } from '@/app/_components/badge'
import type { ConnectorLight } from '@/lib/services/mdm-connector-health'

const LIGHTS: Record<ConnectorLight, [tone: Tone, icon: LucideIcon, words: string]> = {
  'never-used': ['neutral', CircleDashed, 'Never used'],
  well: ['ok', CircleCheck, 'Works'],
  failing: ['bad', CircleX, 'Failing'],
  'credential-expiring': ['warn', KeyRound, 'Credential expires soon'],
  'credential-expired': ['bad', KeyRound, 'Credential expired'],
  disabled: ['neutral', Ban, 'Paused'],
}

export function ConnectorLightBadge({ light }: { light: ConnectorLight }) {
  const [tone, icon, words] = LIGHTS[light]
  return (
    <Badge tone={tone} icon={icon}>
      {words}
    </Badge>
  )
}
