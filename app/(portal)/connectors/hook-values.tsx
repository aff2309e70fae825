/** What goes into the MDM so that it can call us: the address, and the secret on the one occasion that it is shown. */

import { CommandBlock } from '@/app/_components/command-block'
import { CopyValue } from '@/app/_components/copy-value'
import type { GuidedKind } from './kinds'

interface HookValuesProps {
  kind: GuidedKind
  hookUrl: string
  /** Null where it is not shown any more. */
  hookSecret: string | null
  settings: Readonly<Record<string, unknown>>
}

export function HookValues({ kind, hookUrl, hookSecret, settings }: HookValuesProps) {
  return (
    <div className="grid gap-3">
      <Value what="Hook URL" value={hookUrl} />
      {kind === 'jamf' && settings.webhookAuth === 'basic' && (
        <Value what="User name" value={String(settings.webhookUser ?? '')} />
      )}
      {kind === 'jamf' && settings.webhookAuth === 'header' && (
        <Value what="Name of the header" value={String(settings.webhookHeader ?? '')} />
      )}
      {hookSecret !== null && <Value what={secretName(kind, settings)} value={hookSecret} />}
      {kind === 'events' && hookSecret === null && (
        <CommandBlock label="An event, as a shell sends it" command={eventCommand(hookUrl)} />
      )}
    </div>
  )
}

function Value({ what, value }: { what: string; value: string }) {
  return (
    <div className="grid gap-1.5">
      <p className="text-sm font-medium">{what}</p>
      <CopyValue value={value} what={what} />
    </div>
  )
}

function secretName(kind: GuidedKind, { webhookAuth }: Readonly<Record<string, unknown>>): string {
  if (kind !== 'jamf') return 'Hook secret'
  return webhookAuth === 'header' ? 'Value of the header' : 'Password'
}

/** The secret stays in a variable of whoever sends it, without its prefix. */
function eventCommand(hookUrl: string): string {
  return [
    `ID=$(uuidgen) TIME=$(date +%s)`,
    `BODY='{"type":"device.removed","data":{"device":{"serial":"C02EXAMPLE01"}}}'`,
    `KEY=$(printf %s "\${HOOK_SECRET#whsec_}" | base64 -d | od -An -vtx1 | tr -d ' \\n')`,
    `SIGNATURE=$(printf %s "$ID.$TIME.$BODY" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64 -w0)`,
    `curl -sS ${hookUrl} -d "$BODY" -H 'Content-Type: application/json' -H "webhook-id: $ID" \\`,
    `  -H "webhook-timestamp: $TIME" -H "webhook-signature: v1,$SIGNATURE"`,
  ].join('\n')
}
