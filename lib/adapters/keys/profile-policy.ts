/** What the signer checks before it signs a configuration profile: whose key it is, when, and that it is a profile at all. */
import type pg from 'pg'
import { Refusal } from '@/lib/errors'
import type { SigningKey } from './signing-key'
import { checkPurpose } from './signing-policy'

const MAX_CLOCK_MS = 5 * 60_000
const BEGINS =
  '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n<plist version="1.0">\n<dict>\n<key>PayloadType</key>\n<string>Configuration</string>\n'
const ENDS = '</dict>\n</plist>\n'
/** What our profiles bring. Another one could hand the device to somebody else, and would be shown as ours. */
const PAYLOADS: ReadonlySet<string> = new Set([
  'Configuration',
  'com.apple.security.pkcs1',
  'com.apple.security.root',
  'com.apple.security.scep',
  'com.apple.wifi.managed',
])
/** The lines of a property list as we write it: no comments, no CDATA, no other spelling of what a key is called. */
const TOKEN =
  /<\/?(?:dict|array)>\n|<(?:true|false)\/>\n|<integer>-?\d+<\/integer>\n|<data>[A-Za-z0-9+/=]*<\/data>\n|<(key|string)>((?:[^<>&]|&(?:amp|lt|gt);)*)<\/\1>\n/y

/** A valid signer's key, a profile as we write it, and now: neither a file of another kind nor one of another day. */
export async function checkProfile(
  pool: pg.Pool,
  key: SigningKey,
  { signedAt, content, now }: { signedAt: Date; content: Uint8Array; now: Date },
): Promise<void> {
  checkPurpose(key, 'profile')
  if (Math.abs(signedAt.getTime() - now.getTime()) > MAX_CLOCK_MS) refuse('not_now')
  const text = textOf(content)
  if (!text.startsWith(BEGINS) || !text.endsWith(ENDS)) refuse('not_a_profile')
  checkPayloads(text.slice(BEGINS.indexOf('<dict>'), -'</plist>\n'.length))
  const { rows } = await pool.query<{ known: boolean }>({
    name: 'profile-signer',
    text: `select exists (
             select from profile_signer s join authority a on a.id = s.authority_id join certificate c on c.id = s.certificate_id
             where s.id = $1 and s.key_id = $2 and s.certificate_der is not null and s.not_before <= $3 and s.not_after > $3
               and c.revoked_at is null and a.kind = 'root' and a.status <> 'revoked') as known`,
    values: [key.ownerId, key.keyId, signedAt],
  })
  if (rows[0]?.known !== true) refuse('no_record_of_this_signer')
}

function checkPayloads(lines: string): void {
  let key = ''
  for (let at = 0; at < lines.length; ) {
    TOKEN.lastIndex = at
    const [token = '', element, text = ''] = TOKEN.exec(lines) ?? []
    if (token === '') refuse('not_a_profile')
    if (key === 'PayloadType' && (element !== 'string' || !PAYLOADS.has(text))) refuse('payload_not_ours')
    key = element === 'key' ? text : ''
    at += token.length
  }
}

function textOf(content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    return refuse('not_a_profile')
  }
}

function refuse(reason: string): never {
  throw new Refusal('policy_refused', 'The signer does not sign this.', { reason, detail: `signer: ${reason}` })
}
