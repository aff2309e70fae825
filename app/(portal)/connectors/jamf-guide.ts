/** Connecting Jamf Pro: what it shows where, and what it is given (jamf.md §2, §3 and §7). */
import type { JamfSettings } from '@/lib/services/jamf-settings'
import type { KindField, KindGuide } from './kinds'

type Named = KindField & { name: keyof JamfSettings }

const FIELDS: readonly Named[] = [
  {
    name: 'url',
    label: 'Address of Jamf Pro',
    type: 'text',
    hint: 'As in the browser, without a path.',
    placeholder: 'https://example.jamfcloud.com',
    initial: '',
    required: true,
  },
  {
    name: 'clientId',
    label: 'Client ID',
    type: 'text',
    hint: 'On the API client, once it is saved.',
    initial: '',
  },
  {
    name: 'endpoint',
    label: 'Endpoint that devices enrol at',
    type: 'endpoint',
    hint: 'The webhook SCEPChallenge mints for it. None: Jamf only tells about its devices.',
    initial: '',
  },
  {
    name: 'subjectTemplate',
    label: 'Subject in the profile',
    type: 'text',
    hint: 'As it stands in the SCEP payload, with Jamf’s variables. A device gets a challenge for this and nothing else.',
    initial: 'CN=$SERIALNUMBER',
  },
  {
    name: 'sanTemplates',
    label: 'Alternative names in the profile',
    type: 'lines',
    hint: 'One a line, such as email:$EMAIL.',
    initial: [],
  },
  {
    name: 'webhookAuth',
    label: 'Authentication type of the webhooks',
    type: 'choice',
    choices: [
      ['basic', 'Basic Authentication'],
      ['header', 'Header Authentication'],
    ],
    initial: 'basic',
  },
  { name: 'webhookUser', label: 'User name, for Basic', type: 'text', initial: 'jamf' },
  { name: 'webhookHeader', label: 'Name of the header, for Header', type: 'text', initial: 'X-Latchkey-Secret' },
  {
    name: 'deviceless',
    label: 'A call that names no device gets',
    type: 'choice',
    choices: [
      ['probe', 'a value that no certificate comes from'],
      ['refuse', 'a refusal'],
    ],
    initial: 'probe',
  },
  { name: 'ttlMinutes', label: 'A challenge lives, minutes', type: 'whole', initial: 60 },
  {
    name: 'confirmManaged',
    label: 'Ask Jamf whether the device is managed before minting',
    type: 'flag',
    initial: false,
  },
  {
    name: 'lookupBeforeIssuing',
    label: 'Look the serial number of the subject up before issuing',
    type: 'flag',
    initial: false,
  },
  {
    name: 'smartGroups',
    label: 'Smart groups that entitle a device',
    type: 'lines',
    hint: 'Their names, one a line. A device in none of them loses its entitlement. Empty: not asked.',
    initial: [],
  },
  { name: 'syncMinutes', label: 'Look up devices with certificates every, minutes', type: 'whole', initial: 4 },
  { name: 'fullSyncHours', label: 'Read the whole inventory every, hours', type: 'whole', initial: 8 },
  {
    name: 'allowedHosts',
    label: 'Private hosts that may be called',
    type: 'lines',
    hint: 'One a line. A Jamf Pro in your own network must stand here.',
    initial: [],
  },
]

const CHALLENGES =
  'Make a webhook with the event SCEPChallenge: the hook URL, content type JSON, and the authentication that the connector names.'
const PAYLOAD =
  'In the SCEP payload choose the challenge type Dynamic, the SCEP URL of the endpoint, and a key of 2048 bits. The page of the endpoint has all values ready, under Profiles.'

export const JAMF_GUIDE: KindGuide = {
  kind: 'jamf',
  title: 'Jamf Pro',
  description: 'Jamf asks Latchkey for a challenge for each device, and tells it when a device is gone.',
  name: 'Jamf Pro',
  slug: 'jamf',
  fields: FIELDS,
  advanced: [
    'deviceless',
    'ttlMinutes',
    'confirmManaged',
    'lookupBeforeIssuing',
    'smartGroups',
    'syncMinutes',
    'fullSyncHours',
    'allowedHosts',
  ],
  credential: {
    label: 'Client secret',
    hint: 'Generate client secret on the API client. Jamf shows it once.',
    where: 'Jamf Pro, under API roles and clients',
  },
  steps: [
    {
      title: 'Make an API role and a client',
      where: 'Jamf Pro › Settings › System › API roles and clients',
      todo: [
        'A role Latchkey with Read Computers and Read Mobile Devices. For smart groups also Read Smart Computer Groups and Read Smart Mobile Device Groups.',
        'An API client with that role, enabled. An access token lifetime of 600 seconds is fine.',
      ],
      fields: ['url', 'clientId'],
      credential: true,
    },
    {
      title: 'Say what a device gets',
      where: 'Jamf Pro › Computers or Devices › Configuration Profiles › SCEP',
      todo: ['The subject and the names of the profile, exactly as they stand there.'],
      fields: ['endpoint', 'subjectTemplate', 'sanTemplates'],
    },
    {
      title: 'Say how Jamf shows that it is Jamf',
      where: 'Jamf Pro › Settings › Global › Webhooks',
      todo: ['Leave that page open: the address and the secret to paste there come once the connector is added.'],
      fields: ['webhookAuth', 'webhookUser', 'webhookHeader'],
    },
  ],
  afterwards: [
    CHALLENGES,
    'Make more of them, with the same values, for ComputerAdded, ComputerInventoryCompleted, ComputerPushCapabilityChanged, MobileDeviceEnrolled, MobileDeviceUnEnrolled and RestAPIOperation, which tells of deletions; with smart groups also SmartGroupComputerMembershipChange and SmartGroupMobileDeviceMembershipChange.',
    PAYLOAD,
    'Test the connection. It names the privilege that is missing, if one is.',
  ],
  remains: [CHALLENGES, PAYLOAD],
}
