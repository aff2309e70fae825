/** Connecting Microsoft Intune: what Entra and Intune show where, and what each value is for (intune.md §2). */
import type { IntuneSettings } from '@/lib/services/intune-settings'
import type { KindField, KindGuide } from './kinds'

type Named = KindField & { name: keyof IntuneSettings }

const FIELDS: readonly Named[] = [
  {
    name: 'tenant',
    label: 'Directory (tenant) ID',
    type: 'text',
    hint: 'On the overview of the app registration.',
    placeholder: '11111111-2222-3333-4444-555555555555',
    initial: '',
    required: true,
  },
  {
    name: 'applicationId',
    label: 'Application (client) ID',
    type: 'text',
    hint: 'On the same overview, one line above.',
    placeholder: '11111111-2222-3333-4444-555555555555',
    initial: '',
    required: true,
  },
  {
    name: 'credentialKind',
    label: 'Latchkey shows who it is by',
    type: 'choice',
    choices: [
      ['secret', 'a client secret'],
      ['certificate', 'a certificate whose key never leaves Latchkey'],
    ],
    initial: 'secret',
  },
  {
    name: 'revocations',
    label: 'Revoke what Intune asks to have revoked',
    type: 'flag',
    hint: 'Devices that are wiped, retired or deleted there lose their certificates here.',
    initial: true,
  },
  { name: 'revocationMinutes', label: 'Ask for revocations every, minutes', type: 'whole', initial: 5 },
  {
    name: 'revocationReason',
    label: 'Reason of such a revocation',
    type: 'choice',
    hint: 'Intune says none.',
    choices: [
      ['cessationOfOperation', 'cessationOfOperation: the device is out of use'],
      ['privilegeWithdrawn', 'privilegeWithdrawn'],
      ['affiliationChanged', 'affiliationChanged'],
      ['keyCompromise', 'keyCompromise'],
      ['unspecified', 'unspecified'],
    ],
    initial: 'cessationOfOperation',
  },
  {
    name: 'unavailableAnswer',
    label: 'While Intune cannot be asked, a device hears',
    type: 'choice',
    choices: [
      ['failure', 'no: it tries again by its own schedule'],
      ['retry', 'come back later (HTTP 503)'],
    ],
    initial: 'failure',
  },
  {
    name: 'strictReplay',
    label: 'Refuse a challenge that comes back with another key',
    type: 'flag',
    hint: 'Intune itself takes one several times.',
    initial: true,
  },
  {
    name: 'resultCodes',
    label: 'Results of revocations are sent as',
    type: 'choice',
    choices: [
      ['names', 'names'],
      ['numbers', 'numbers'],
    ],
    initial: 'names',
  },
  {
    name: 'authorityUrl',
    label: 'Sign-in authority',
    type: 'text',
    hint: 'National clouds have their own, such as https://login.microsoftonline.us/.',
    initial: 'https://login.microsoftonline.com/',
  },
  { name: 'graphUrl', label: 'Microsoft Graph', type: 'text', initial: 'https://graph.microsoft.com/' },
  { name: 'graphScope', label: 'Scope for Graph', type: 'text', initial: 'https://graph.microsoft.com/.default' },
  {
    name: 'intuneScope',
    label: 'Scope for Intune',
    type: 'text',
    hint: 'With both slashes.',
    initial: 'https://api.manage.microsoft.com//.default',
  },
  {
    name: 'serviceHosts',
    label: 'Hosts that Intune’s services may be at',
    type: 'lines',
    hint: 'One a line. Discovery leads nowhere else.',
    initial: ['*.manage.microsoft.com'],
  },
  {
    name: 'allowedHosts',
    label: 'Private hosts that may be called',
    type: 'lines',
    hint: 'One a line. Addresses in private networks are called only if their host stands here.',
    initial: [],
  },
]

const ENDPOINT = 'On the endpoint for these devices, choose “Decided elsewhere” and this connector as its validator.'
const PROFILES =
  'In Intune, make a trusted certificate profile with the CA certificate of the group, then a SCEP certificate profile with the SCEP URL of the endpoint. The page of the endpoint has all values ready, under Profiles.'

export const INTUNE_GUIDE: KindGuide = {
  kind: 'intune',
  title: 'Microsoft Intune',
  description: 'Intune makes the challenges, Latchkey asks it about each request, and revokes when a device is wiped.',
  name: 'Microsoft Intune',
  slug: 'intune',
  fields: FIELDS,
  advanced: [
    'revocationMinutes',
    'revocationReason',
    'unavailableAnswer',
    'strictReplay',
    'resultCodes',
    'authorityUrl',
    'graphUrl',
    'graphScope',
    'intuneScope',
    'serviceHosts',
    'allowedHosts',
  ],
  credential: {
    label: 'Client secret',
    hint: 'Under Certificates & secrets. Copy what stands in the column Value: Entra shows it once, and the Secret ID does not work.',
    where: 'Entra, under Certificates & secrets',
  },
  steps: [
    {
      title: 'Register an application',
      where: 'Microsoft Entra admin center › Identity › Applications › App registrations › New registration',
      todo: [
        'Name it Latchkey, and let only accounts of your own directory use it.',
        'Leave the redirect URI empty and choose Register.',
      ],
      fields: ['tenant', 'applicationId'],
    },
    {
      title: 'Give it two permissions',
      where: 'The app registration › API permissions › Add a permission › Application permissions',
      todo: [
        'Intune › scep_challenge_provider (“SCEP challenge validation”).',
        'Microsoft Graph › Application.Read.All. Latchkey finds Intune’s services with it.',
        'Choose Grant admin consent. Both lines must then read “Granted”.',
      ],
      fields: [],
    },
    {
      title: 'Give it a credential',
      where: 'The app registration › Certificates & secrets',
      todo: [
        'For a client secret: New client secret. Entra lets it live for 24 months at most; write its end below, and Latchkey warns you.',
        'For a certificate: nothing yet. Latchkey makes it once the connector is added.',
      ],
      fields: ['credentialKind'],
      credential: true,
    },
    {
      title: 'Say what follows from it',
      where: null,
      todo: [],
      fields: ['revocations'],
    },
  ],
  afterwards: ['Test the connection. It names the permission that is missing, if one is.', ENDPOINT, PROFILES],
  remains: [ENDPOINT, PROFILES],
}
