/** What an administrator still has to do before the connector does its work. */
import { Notice } from '@/app/_components/notice'
import { GUIDES } from '@/app/(portal)/connectors/kinds'
import type { RemainingStep } from '@/lib/services/mdm-connector-health'
import type { MdmConnectorView } from '@/lib/services/mdm-connector-views'

export function Remaining({ connector }: { connector: MdmConnectorView }) {
  const { kind, enabled, remaining, light, settings } = connector
  const byCertificate = settings.credentialKind === 'certificate'
  if (light === 'credential-expired' || light === 'credential-expiring')
    return (
      <Notice
        tone="warn"
        title={light === 'credential-expired' ? 'The credential has expired' : 'The credential expires soon'}
      >
        {byCertificate
          ? 'Make the next certificate below, upload it to Entra, and then use it.'
          : `Make a new one in ${GUIDES[kind].credential?.where ?? GUIDES[kind].title}, and enter it under Settings.`}
      </Notice>
    )
  if (!enabled || remaining.length === 0) return null
  return (
    <Notice title="What is left to do">
      <ol className="grid list-decimal gap-1 pl-5">
        {remaining.map((step) => (
          <li key={step}>{step === 'credential' && byCertificate ? CERTIFICATE : SENTENCES[step]}</li>
        ))}
        {GUIDES[kind].remains.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ol>
    </Notice>
  )
}

const CERTIFICATE = 'Make its certificate below, download it, and upload it to Entra.'

const SENTENCES: Record<RemainingStep, string> = {
  credential: 'Enter its credential under Settings.',
  contact: 'Test the connection: nothing has worked with it yet.',
  heard:
    'Give its MDM the hook URL and the secret: it has not called yet. Its first call appears below. If you no longer have the secret, New secret makes another one.',
}
