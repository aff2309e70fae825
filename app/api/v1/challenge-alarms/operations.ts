/** Alarms: a second key that came with a challenge that was consumed already. */
import { z } from 'zod'
import { instant, pageOf, paging, slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const ChallengeAlarm = z
  .object({
    id: z.string(),
    challengeId: z.string(),
    subject: z.string().meta({ description: 'Whom the challenge is for.' }),
    secondSubject: z.string().meta({ description: 'What the second request called itself.' }),
    sourceIp: z.string().nullable(),
    createdAt: instant,
    dismissedAt: instant.nullable(),
    dismissedBy: z.string().nullable(),
    endpoint: z.object({ slug: z.string(), name: z.string() }),
    certificate: z
      .object({ id: z.string(), serial: z.string(), revokedAt: instant.nullable() })
      .nullable()
      .meta({ description: 'Of whoever was first.' }),
  })
  .meta({ id: 'ChallengeAlarm' })

const example: z.input<typeof ChallengeAlarm> = {
  id: '0198d2d6-0000-7c0d-8e0f-1a2b3c4d5e6f',
  challengeId: '0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b',
  subject: 'CN=tablet-7,O=Example',
  secondSubject: 'CN=tablet-7,O=Example',
  sourceIp: '198.51.100.4',
  createdAt: new Date('2026-11-23T09:40:00Z'),
  dismissedAt: null,
  dismissedBy: null,
  endpoint: { slug: 'staff', name: 'Staff' },
  certificate: {
    id: '0198d2d3-0000-7c0d-8e0f-1a2b3c4d5e6f',
    serial: '3A7F19C0D2E45B6781920A1B2C3D4E5F',
    revokedAt: null,
  },
}

export const listChallengeAlarms = operation({
  id: 'listChallengeAlarms',
  method: 'GET',
  path: '/challenge-alarms',
  tag: 'Challenges',
  summary: 'List alarms about challenges',
  description:
    'A second key came with a challenge that another key had consumed: it was copied, or a device was set up twice. Newest first. Open ones are neither dismissed nor settled by revoking the certificate.',
  access: 'challenge:read',
  rate: 'read',
  query: z.strictObject({
    ...paging,
    open: z
      .enum(['true', 'false'])
      .transform((value) => value === 'true')
      .exactOptional()
      .meta({ description: 'Open ones alone, or the others.' }),
    endpoint: slug.exactOptional(),
  }),
  answer: {
    status: 200,
    description: 'A page of alarms.',
    schema: pageOf('ChallengeAlarmPage', ChallengeAlarm),
    example: { items: [example], nextCursor: null },
  },
})

export const getChallengeAlarm = operation({
  id: 'getChallengeAlarm',
  method: 'GET',
  path: '/challenge-alarms/{id}',
  tag: 'Challenges',
  summary: 'Read one alarm',
  description: 'Whose challenge it was, and who came second.',
  access: 'challenge:read',
  rate: 'read',
  params: z.strictObject({ id: z.uuid() }),
  answer: { status: 200, description: 'The alarm.', schema: ChallengeAlarm, example },
  refusals: ['not_found'],
})
