/** How long the flight recorder keeps the steps of an enrolment. */
import { z } from 'zod'
import { operation } from '@/app/api/_operation'

const days = z.int().min(1).max(730)
const Retention = z
  .object({
    issuedDays: z.number().int().meta({ description: 'For what went well.' }),
    failedDays: z.number().int().meta({ description: 'For refusals and failures.' }),
  })
  .meta({ id: 'Retention' })

export const getRetention = operation({
  id: 'getRetention',
  method: 'GET',
  path: '/retention',
  tag: 'Transactions',
  summary: 'Read how long steps are kept',
  description: 'In days. The audit trail and certificates are kept for good.',
  access: 'retention:read',
  rate: 'read',
  answer: {
    status: 200,
    description: 'The days.',
    schema: Retention,
    example: { issuedDays: 30, failedDays: 90 },
  },
})

export const setRetention = operation({
  id: 'setRetention',
  method: 'PATCH',
  path: '/retention',
  tag: 'Transactions',
  summary: 'Set how long steps are kept',
  description: 'Holds for what is kept and for what comes. A shorter one forgets within a quarter of an hour.',
  access: 'retention:manage',
  rate: 'change',
  body: z.strictObject({ issuedDays: days, failedDays: days }).meta({ id: 'RetentionChange' }),
  bodyExample: { issuedDays: 30, failedDays: 90 },
  answer: {
    status: 200,
    description: 'The days as they are now.',
    schema: Retention,
    example: { issuedDays: 30, failedDays: 90 },
  },
})
