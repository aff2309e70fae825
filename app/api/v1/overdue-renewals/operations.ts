/** Certificates that should have been renewed by now. */
import { z } from 'zod'
import { instant, pageOf, paging, slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const named = z.object({ slug: z.string(), name: z.string() }).nullable()

const OverdueRenewal = z
  .object({
    certificate: z.object({ id: z.string(), serial: z.string(), subject: z.string(), notAfter: instant }),
    group: named,
    endpoint: named,
    device: z
      .object({ id: z.string(), name: z.string(), lastSeenAt: instant.nullable() })
      .nullable()
      .meta({ description: 'That an MDM knows.' }),
    renewableFrom: instant,
    foundAt: instant,
  })
  .meta({ id: 'OverdueRenewal' })

export const listOverdueRenewals = operation({
  id: 'listOverdueRenewals',
  method: 'GET',
  path: '/overdue-renewals',
  tag: 'Devices',
  summary: 'List certificates that should have been renewed',
  description: 'Half of their renewal window is gone without an attempt. Those that end first come first.',
  access: 'certificate:read',
  rate: 'read',
  query: z.strictObject({
    ...paging,
    group: slug.exactOptional(),
    search: text(200).min(1).exactOptional().meta({ description: 'Part of the subject, the name or serial number.' }),
  }),
  answer: {
    status: 200,
    description: 'A page of them.',
    schema: pageOf('OverdueRenewalPage', OverdueRenewal),
    example: {
      items: [
        {
          certificate: {
            id: '0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b',
            serial: '3A7F19C0D2E45B6781920A1B2C3D4E5F',
            subject: 'CN=tablet-7,O=Example',
            notAfter: new Date('2026-12-01T09:00:00Z'),
          },
          group: { slug: 'staff', name: 'Staff' },
          endpoint: { slug: 'staff', name: 'Staff' },
          device: null,
          renewableFrom: new Date('2026-11-01T09:00:00Z'),
          foundAt: new Date('2026-11-16T09:00:00Z'),
        },
      ],
      nextCursor: null,
    },
  },
})
