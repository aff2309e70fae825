/** Ready profiles for the devices of an endpoint. */
import { z } from 'zod'
import { slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { MDM_DIALECTS, NAMED_BY, PLATFORMS } from '@/lib/services/mdm-profile-types'

const query = z.strictObject({
  mdm: z
    .enum(MDM_DIALECTS)
    .exactOptional()
    .meta({ description: 'Whose variables stand for the names of devices. Without: a place to fill in.' }),
  namedBy: z.enum(NAMED_BY).exactOptional().meta({ description: 'What a device is called in its certificate.' }),
  subject: text(500)
    .exactOptional()
    .meta({ description: 'The whole subject instead, such as CN=$UDID,O=Example; may hold variables.' }),
  ssid: text(64)
    .exactOptional()
    .meta({ description: 'Wireless network to join; empty for none. Without: the first one of the group.' }),
  radius: text(1_000)
    .exactOptional()
    .meta({ description: 'Names in the certificates of the RADIUS servers, with commas between them.' }),
})

const Profiles = z
  .object({
    platforms: z.array(
      z.object({
        platform: z.enum(PLATFORMS),
        title: z.string(),
        documents: z
          .array(
            z.object({
              kind: z.string().meta({ description: 'Its name in the path of the download.' }),
              title: z.string(),
              fileName: z.string(),
              contentType: z.string(),
            }),
          )
          .readonly(),
        values: z
          .array(
            z.object({
              title: z.string(),
              rows: z.array(z.object({ name: z.string(), value: z.string() })).readonly(),
            }),
          )
          .readonly()
          .meta({ description: 'What to enter where the platform takes no file.' }),
        notes: z.array(z.string()).readonly(),
        remarks: z
          .array(
            z.object({
              family: z.string(),
              verdict: z.enum(['works', 'works_with_a_note', 'excluded']),
              remarks: z.array(
                z.object({ setting: z.string().nullable(), excludes: z.boolean(), sentence: z.string() }),
              ),
            }),
          )
          .meta({ description: "What the endpoint's present settings mean for the clients of this platform." }),
      }),
    ),
    certificates: z.array(
      z.object({ kind: z.string(), title: z.string(), fileName: z.string(), contentType: z.string() }),
    ),
  })
  .meta({ id: 'EndpointProfiles' })

export const listEndpointProfiles = operation({
  id: 'listEndpointProfiles',
  method: 'GET',
  path: '/endpoints/{slug}/profiles',
  tag: 'Endpoints',
  summary: 'List the profiles of an endpoint',
  description: 'What there is for each platform, and the values to enter by hand. No secret is in any of it.',
  access: 'endpoint:read',
  rate: 'read',
  params: z.strictObject({ slug }),
  query,
  answer: {
    status: 200,
    description: 'The profiles.',
    schema: Profiles,
    example: {
      platforms: [
        {
          platform: 'apple',
          title: 'Apple',
          documents: [
            {
              kind: 'apple',
              title: 'Configuration profile to upload to an MDM, unsigned',
              fileName: 'staff.mobileconfig',
              contentType: 'application/x-apple-aspen-config',
            },
          ],
          values: [{ title: "Fields of the MDM's own SCEP form", rows: [{ name: 'Key size', value: '2048' }] }],
          notes: ['A device does not renew by itself.'],
          remarks: [],
        },
      ],
      certificates: [
        { kind: 'root-der', title: 'Root (DER, .cer)', fileName: 'root.cer', contentType: 'application/pkix-cert' },
      ],
    },
  },
  refusals: ['not_found'],
})

export const downloadEndpointProfile = operation({
  id: 'downloadEndpointProfile',
  method: 'GET',
  path: '/endpoints/{slug}/profiles/{kind}',
  tag: 'Endpoints',
  summary: 'Download a profile of an endpoint',
  description: 'One of the kinds that the list of profiles names. No secret is in it.',
  access: 'endpoint:read',
  rate: 'read',
  params: z.strictObject({ slug, kind: slug }),
  query,
  answer: {
    status: 200,
    description: 'The file.',
    schema: z.never(),
    example: undefined as never,
    files: {
      'application/x-apple-aspen-config': 'Apple configuration profile',
      'application/json': 'Graph or network JSON',
      'application/xml': 'SyncML or WLAN profile',
      'application/x-onc': 'ChromeOS network',
      'text/plain': 'script or configuration',
      'application/pkix-cert': 'certificate, DER',
      'application/x-pem-file': 'certificate, PEM',
    },
  },
  refusals: ['not_found'],
})
