/** The posture: checks with their verdicts, accepted risks, and what is kept elsewhere. */
import { z } from 'zod'
import { instant, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { POSTURE_CHECKS, SAFEKEEPING } from '@/lib/services/posture-types'

const check = z.enum(POSTURE_CHECKS)

const AcceptedRisk = z
  .object({
    id: z.string(),
    check,
    reason: z.string(),
    acceptedBy: z.string(),
    acceptedAt: instant,
    until: instant,
  })
  .meta({ id: 'AcceptedRisk' })

const Posture = z
  .object({
    score: z.number().int().meta({ description: 'Of 100: what passes counts in full, what wants attention half.' }),
    at: instant,
    checks: z.array(
      z.object({
        id: check,
        title: z.string().meta({ description: 'What is wanted.' }),
        why: z.string(),
        fix: z.string(),
        verdict: z
          .enum(['pass', 'attention', 'open', 'none'])
          .meta({ description: 'none: there is nothing to judge.' }),
        finding: z.string().meta({ description: 'What is so.' }),
        evidence: z.array(z.object({ text: z.string() })),
        accepted: AcceptedRisk.nullable(),
      }),
    ),
  })
  .meta({ id: 'Posture' })

const risk: z.input<typeof AcceptedRisk> = {
  id: '0198d2e0-54ff-7aa1-9b0c-1d2e3f4a5b6c',
  check: 'second-factor',
  reason: 'The portal is reached through the VPN alone, which asks for one.',
  acceptedBy: 'Ada Admin',
  acceptedAt: new Date('2026-11-23T09:00:00Z'),
  until: new Date('2027-02-23T23:59:59Z'),
}

const example: z.input<typeof Posture> = {
  score: 50,
  at: new Date('2026-11-23T09:00:00Z'),
  checks: [
    {
      id: 'second-factor',
      title: 'Every administrator has a second factor',
      why: 'A password alone is one phished page away from somebody else.',
      fix: 'Let administrators reach the portal only through a network that asks for one.',
      verdict: 'open',
      finding: 'Administrators sign in without a second factor',
      evidence: [{ text: '1 administrator with a password alone' }],
      accepted: risk,
    },
  ],
}

export const getPosture = operation({
  id: 'getPosture',
  method: 'GET',
  path: '/posture',
  tag: 'Posture',
  summary: 'Read the posture',
  description: 'Judged now, from what the installation is at this moment.',
  access: 'posture:read',
  rate: 'read',
  answer: {
    status: 200,
    description: 'Every check.',
    schema: Posture,
    example,
  },
})

export const acceptRisk = operation({
  id: 'acceptRisk',
  method: 'POST',
  path: '/posture/accepted-risks',
  tag: 'Posture',
  summary: 'Accept a risk for a while',
  description: 'In the place of the one that was accepted for the same check. A year at most.',
  access: 'posture:manage',
  rate: 'change',
  body: z
    .strictObject({ check, reason: text(1_000), until: z.iso.date().meta({ description: 'Its last day, in UTC.' }) })
    .meta({ id: 'RiskToAccept' }),
  bodyExample: { check: 'second-factor', reason: risk.reason, until: '2027-02-23' },
  answer: { status: 200, description: 'The accepted risk.', schema: AcceptedRisk, example: risk },
  refusals: ['not_found', 'invalid_input'],
})

export const withdrawRisk = operation({
  id: 'withdrawRisk',
  method: 'POST',
  path: '/posture/accepted-risks/withdrawals',
  tag: 'Posture',
  summary: 'Accept a risk no longer',
  description: 'Its check stands open again.',
  access: 'posture:manage',
  rate: 'change',
  body: z.strictObject({ check }).meta({ id: 'RiskToWithdraw' }),
  bodyExample: { check: 'second-factor' },
  answer: { status: 200, description: 'The posture as it is now.', schema: Posture, example },
  refusals: ['not_found'],
})

export const confirmSafekeeping = operation({
  id: 'confirmSafekeeping',
  method: 'POST',
  path: '/posture/safekeeping',
  tag: 'Posture',
  summary: 'Say that the KEK or a backup lies elsewhere',
  description: 'For the script that makes backups: its word is recorded with the name of the key.',
  access: 'posture:manage',
  rate: 'change',
  body: z.strictObject({ subject: z.enum(SAFEKEEPING), place: text(200) }).meta({ id: 'SafekeepingReport' }),
  bodyExample: { subject: 'database', place: 's3://backups/latchkey' },
  answer: { status: 200, description: 'The posture as it is now.', schema: Posture, example },
  refusals: ['invalid_input'],
})
