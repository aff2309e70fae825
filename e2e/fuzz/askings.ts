/** Requests that are sound in every octet, and ask for something else: other names, other challenges, none, or the same in other words. */
import type { Party } from '@/e2e/fixtures/scep-messages'
import { isRefusal } from '@/lib/errors'
import { buildCsr } from '@/lib/pki/csr'
import type { NamePart } from '@/lib/pki/name'
import type { SubjectAlternativeName } from '@/lib/services/challenges'
import { SAN } from './names'
import type { Chance } from './random'

export function otherwiseAsked(by: Chance, subject: readonly NamePart[], challenge: string, device: Party): Uint8Array {
  const said = by.oneIn(3) ? otherChallenge(by, challenge) : challenge
  const build = (names: readonly NamePart[], san: readonly SubjectAlternativeName[]): Uint8Array =>
    buildCsr({
      subject: names,
      san,
      ...(said === null || said === '' ? {} : { challengePassword: said }),
      privateKey: device.privateKey,
      digest: by.one(['sha256', 'sha512']),
    })
  try {
    return build(by.oneIn(4) ? subject : otherSubject(by, subject), by.oneIn(3) ? [...SAN] : otherNames(by))
  } catch (error) {
    // A value that its type cannot hold: no encoder of ours writes it.
    if (isRefusal(error, 'invalid_input')) return build(subject, [...SAN])
    throw error
  }
}

const VALUES = [
  '*',
  'tablet-*',
  'TABLET-7',
  ' tablet-7',
  'tablet-7\u0000',
  '{{Device}}',
  '$SERIALNUMBER',
  'admin',
  'é',
  'x'.repeat(64),
]
const TYPES = ['CN', 'O', 'OU', 'SERIALNUMBER', 'UID']

function otherSubject(by: Chance, subject: readonly NamePart[]): NamePart[] {
  const part = { type: by.one(TYPES), value: by.one(VALUES) }
  return by.one([
    () => subject.toReversed(),
    () => [...subject, part],
    () => [part, ...subject],
    () => subject.map(({ type, value }) => ({ type, value: by.oneIn(2) ? value.toUpperCase() : value })),
    () => subject.map((each) => (by.oneIn(2) ? { ...each, value: by.one(VALUES) } : each)),
    () => [...subject, ...subject],
    () => subject.slice(1),
    () => [],
    () => Array.from({ length: by.one([5, 30]) }, () => part),
  ])()
}

const NAMES: SubjectAlternativeName[] = [
  { type: 'dns', value: 'tablet-7.example' },
  { type: 'dns', value: 'TABLET-7.EXAMPLE' },
  { type: 'dns', value: '*.example' },
  { type: 'dns', value: 'other.example' },
  { type: 'email', value: 'admin@example.com' },
  { type: 'upn', value: 'admin@example.com' },
  { type: 'uri', value: 'tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-500' },
  { type: 'ip', value: '192.0.2.7' },
]

function otherNames(by: Chance): SubjectAlternativeName[] {
  return Array.from({ length: by.one([0, 1, 1, 2, 3, 40]) }, () => by.one(NAMES))
}

/** Null: the attribute is left out. */
function otherChallenge(by: Chance, challenge: string): string | null {
  return by.one([
    () => null,
    () => '\n',
    () => `${challenge}\n`,
    () => `${challenge} `,
    () => challenge.toLowerCase(),
    () => challenge.slice(0, -1) || null,
    () => `${challenge}${challenge}` || null,
    () => by.bytes(1 + by.below(40)).toString('hex'),
  ])()
}
