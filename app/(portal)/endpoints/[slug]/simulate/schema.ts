/** What the form of a simulation may say: an empty field is one that was left out. */
import { z } from 'zod'
import type { SimulatedChanges, SimulationRequest } from '@/lib/services/simulation-types'

const text = (longest: number) => z.string().max(longest, 'This is too long.').default('')
const choice = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(['', ...values]).default('')

export const SimulationSchema = z
  .strictObject({
    slug: z.string().min(1).max(100),
    csr: text(100_000),
    transaction: text(64),
    challenge: text(16_384),
    subject: text(1_000),
    address: text(64),
    signedBy: text(128),
    messageType: choice(['PKCSReq', 'RenewalReq']),
    askValidator: choice(['on']),
    policy: choice(['dynamic', 'static', 'approval', 'delegated']),
    minRsaBits: choice(['2048', '3072', '4096']),
    usageOutsideProfile: choice(['drop', 'refuse']),
    signerKeyPolicy: choice(['must_match_csr', 'allow_with_challenge']),
    allowSha1: choice(['yes', 'no']),
    allow3des: choice(['yes', 'no']),
  })
  .transform(
    ({ slug, csr, transaction, challenge, subject, address, signedBy, messageType, askValidator, ...settings }) => {
      const request: SimulationRequest = {
        ...(csr.trim() && { csr }),
        ...(transaction && { transaction }),
        ...(challenge.trim() && { challenge: challenge.trim() }),
        ...(subject.trim() && { expected: { subject: subject.trim() } }),
        ...(address.trim() && { address: address.trim() }),
        ...(signedBy.trim() && { signedBy: signedBy.trim() }),
        ...(messageType && { messageType }),
        ...(askValidator && { askValidator: true }),
        changes: changesOf(settings),
      }
      return { slug, request }
    },
  )

interface Settings {
  policy: '' | NonNullable<SimulatedChanges['policy']>
  minRsaBits: string
  usageOutsideProfile: '' | 'drop' | 'refuse'
  signerKeyPolicy: '' | NonNullable<SimulatedChanges['signerKeyPolicy']>
  allowSha1: '' | 'yes' | 'no'
  allow3des: '' | 'yes' | 'no'
}

function changesOf(settings: Settings): SimulatedChanges {
  const { policy, minRsaBits, usageOutsideProfile, signerKeyPolicy, allowSha1, allow3des } = settings
  return {
    ...(policy && { policy }),
    ...(minRsaBits && { minRsaBits: Number(minRsaBits) }),
    ...(usageOutsideProfile && { usageOutsideProfile }),
    ...(signerKeyPolicy && { signerKeyPolicy }),
    ...(allowSha1 && { allowSha1: allowSha1 === 'yes' }),
    ...(allow3des && { allow3des: allow3des === 'yes' }),
  }
}
