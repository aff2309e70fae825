/** The shape of rules that come from outside, whoever sends them: what is not known here is refused, for it might forbid. */
import { z } from 'zod'
import {
  type ChallengeRules,
  CURVES,
  KEY_ALGORITHMS,
  MESSAGE_TYPES,
  SAN_MODES,
  SIGNATURE_HASHES,
  SUBJECT_MODES,
} from './challenge-rules'

const word = z.string().min(1).max(128)

export const RulesShape = z.strictObject({
  subjectMode: z.enum(SUBJECT_MODES).exactOptional(),
  extraSubjectParts: z.array(word).max(20).exactOptional(),
  sanMode: z.enum(SAN_MODES).exactOptional(),
  keyAlgorithms: z.array(z.enum(KEY_ALGORITHMS)).max(3).exactOptional(),
  minRsaBits: z.int().exactOptional(),
  maxRsaBits: z.int().exactOptional(),
  curves: z.array(z.enum(CURVES)).max(3).exactOptional(),
  spkiSha256: word.exactOptional(),
  signatureHashes: z.array(z.enum(SIGNATURE_HASHES)).max(4).exactOptional(),
  extendedKeyUsage: z.array(word).max(20).exactOptional(),
  deviceSerial: word.exactOptional(),
  deviceUdid: word.exactOptional(),
  maxValidityDays: z.int().exactOptional(),
  messageTypes: z.array(z.enum(MESSAGE_TYPES)).max(2).exactOptional(),
}) satisfies z.ZodType<ChallengeRules>
