/** A RADIUS server asks about a certificate. Described here; answered by server/radius-path, in front of everything else. */
import { z } from 'zod'
import { text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const Attribute = z
  .object({ do_xlat: z.literal(false), op: z.literal(':='), value: z.union([z.string(), z.number()]) })
  .meta({ id: 'RadiusAttribute', description: 'FreeRADIUS does not expand it.' })

export const authorizeAccess = operation({
  id: 'authorizeAccess',
  method: 'POST',
  path: '/radius/authorize',
  tag: 'Network',
  summary: 'Ask whether the network lets a certificate in',
  description:
    'For rlm_rest of FreeRADIUS, which sends the attributes of a request, or in a plain form: `serial`, and `authorityKeyId` or `issuer` ' +
    '(in one line, as OpenSSL writes it), perhaps `ssid`, `networkServer` and `station`. 200 lets in, with the attributes of the group; ' +
    '401 refuses the certificate; 403 refuses the place, the hour or the API key. The key may also be sent as the password of Basic ' +
    'authentication. Whoever asks in the plain form is answered with `decision`, `reason` and `attributes`.',
  access: 'radius:authorize',
  rate: 'read',
  body: z
    .looseObject({
      serial: text(253).exactOptional(),
      authorityKeyId: text(253).exactOptional(),
      issuer: text(1_024).exactOptional(),
      ssid: text(253).exactOptional(),
      networkServer: text(253).exactOptional(),
      station: text(253).exactOptional(),
    })
    .meta({ id: 'AccessQuestion' }),
  bodyExample: {
    'TLS-Client-Cert-Serial': { type: 'string', value: ['3a7f19c0d2e45b6781920a1b2c3d4e5f'] },
    'TLS-Client-Cert-Issuer': { type: 'string', value: ['/CN=Staff Issuing CA/O=Example'] },
  },
  answer: {
    status: 200,
    description: 'Let in, with these attributes.',
    schema: z.record(z.string(), Attribute).meta({ id: 'AccessGranted' }),
    example: {
      'reply:Tunnel-Type': { do_xlat: false, op: ':=', value: 'VLAN' },
      'reply:Tunnel-Medium-Type': { do_xlat: false, op: ':=', value: 'IEEE-802' },
      'reply:Tunnel-Private-Group-Id': { do_xlat: false, op: ':=', value: '20' },
    },
  },
})
