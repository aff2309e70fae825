/** What an administrator still has to do before the connector does its work. */
import { Notice } from '@/app/_components/notice'
import { GUIDES } from '@/app/(portal)/connectors/kinds'
import type { RemainingStep } from '@/lib/services/mdm-connector-health'
import type { MdmConnectorView } from '@/lib/services/mdm-connector-views'

export function Remaining({ connector }: { connector: MdmConnectorView }) {
  const { kind, enabled, remaining, light } = connector
  if (light === 'credential-expired' || light === 'credential-expiring')
    return (
      <Notice
        tone="warn"
        title={light === 'credential-expired' ? 'The credential has expired' : 'The credential expires soon'}
      >
        Make a new one in {GUIDES[kind].credential?.where ?? GUIDES[kind].title}, and enter it under Settings.
      </Notice>
    )
  if (!enabled || remaining.length === 0) return null
  return (
    <Notice title="What is left to do">
      <ol className="grid list-decimal gap-1 pl-5">
        {remaining.map((step) => (
          <li key={step}>{SENTENCES[step]}</li>
        ))}
        {remaining.length > 0 && kind !== 'events' && (
          <li>
            In {GUIDES[kind].title}: {GUIDES[kind].afterwards.at(kind === 'intune' ? 1 : 0)}
          </li>
        )}
      </ol>
    </Notice>
  )
}

const SENTENCES: Record<RemainingStep, string> = {
  credential: 'Enter its credential under Settings.',
  contact: 'Test the connection: nothing has worked with it yet.',
  heard: 'Give its MDM the hook URL and the secret: it has not called yet. Its first call appears below.',
}
