/** What is spoken with devices: algorithms, certificates sent along, and who may sign for whom. */
'use client'

import { Choice, ChoiceList, TextArea } from '@/app/_components/field'
import type { EndpointView } from '@/lib/services/groups'
import { SettingsSection } from './settings-section'

const IDENTITIES = [
  {
    value: 'ra',
    title: 'The registration authority of this endpoint',
    description: 'The key of the CA stays out of it.',
  },
  {
    value: 'ca',
    title: 'The issuer itself',
    description:
      'For clients that know no registration authority. Only an RSA issuer that was made for it can, and its key is used for every request.',
  },
] as const

const CA_CERTIFICATES = [
  {
    value: 'chain',
    title: 'The chain',
    description: 'The registration authority with its issuer. What most devices expect.',
  },
  {
    value: 'single',
    title: 'One certificate',
    description:
      'The registration authority alone, for devices that a chain confuses. Those that look for the issuer fail.',
  },
] as const

const REPLY_CERTIFICATES = [
  { value: 'leaf', title: 'Its certificate alone', description: 'What most devices want; JunOS takes nothing else.' },
  { value: 'leaf_issuer', title: 'With the issuer', description: 'For the Cisco VPN client. The own one stays first.' },
  { value: 'leaf_chain', title: 'With the chain', description: 'The root too, where it is sent along.' },
] as const

const SIGNER_KEYS = [
  {
    value: 'allow_with_challenge',
    title: 'Another key may sign where a one-time challenge or a validator decides',
    description: 'Windows and MDM proxies need it. With a static secret or an approval, only pinned proxies may.',
  },
  {
    value: 'must_match_csr',
    title: 'Only the key that is to be certified',
    description:
      'Stricter: nobody can send a captured request again under a key of their own. Pinned proxies may still.',
  },
] as const

export function ProtocolSettings({ endpoint, mayChange }: { endpoint: EndpointView; mayChange: boolean }) {
  return (
    <SettingsSection section="protocol" title="Protocol settings" slug={endpoint.slug} mayChange={mayChange}>
      {(fieldError) => (
        <>
          <fieldset className="grid min-w-0 gap-2">
            <legend className="mb-1.5 text-sm font-medium">Old algorithms</legend>
            <Choice
              name="allowSha1"
              defaultChecked={endpoint.allowSha1}
              title="Accept SHA-1 signatures"
              description="For devices that cannot sign with SHA-256. On at first because many in the field speak nothing newer."
              caution
            />
            <Choice
              name="allow3des"
              defaultChecked={endpoint.allow3des}
              title="Accept 3DES encryption"
              description="For devices that cannot encrypt with AES. With this and SHA-1 off, the endpoint is modern only."
              caution
            />
            <Choice
              name="allowDes"
              defaultChecked={endpoint.allowDes}
              title="Accept single DES (legacy)"
              description="Forbidden by RFC 8894: whoever listens can read the challenge within days. Only for clients on Go's old library, such as scepclient."
              caution
            />
          </fieldset>
          <ChoiceList
            legend="Whose key opens requests and signs replies"
            name="scepIdentity"
            choices={IDENTITIES}
            chosen={endpoint.scepIdentity}
            error={fieldError('scepIdentity')}
          />
          <ChoiceList
            legend="What GetCACert returns"
            name="caCertificates"
            choices={CA_CERTIFICATES}
            chosen={endpoint.caCertificates}
            error={fieldError('caCertificates')}
          />
          <Choice
            name="includeRoot"
            defaultChecked={endpoint.includeRoot}
            title="Send the root along"
            description="GetCACert answers with the whole chain. strongSwan, and devices told the root's fingerprint, need it."
          />
          <ChoiceList
            legend="What a device gets back"
            name="replyCertificates"
            choices={REPLY_CERTIFICATES}
            chosen={endpoint.replyCertificates}
            error={fieldError('replyCertificates')}
          />
          <ChoiceList
            legend="Who may sign a request"
            name="signerKeyPolicy"
            choices={SIGNER_KEYS}
            chosen={endpoint.signerKeyPolicy}
            error={fieldError('signerKeyPolicy')}
          />
          <TextArea
            label="Pinned proxy certificates"
            name="trustedProxySigners"
            defaultValue={endpoint.trustedProxySigners.join('\n')}
            hint="SHA-256 fingerprints, one a line: the certificate with which Jamf Pro or another MDM signs for its devices."
            error={fieldError('trustedProxySigners')}
            rows={2}
            spellCheck={false}
            autoComplete="off"
            className="font-mono text-sm"
          />
        </>
      )}
    </SettingsSection>
  )
}
