/** What a challenge asks of the request beyond its names, in words. */
import { Fact } from '@/app/_components/facts'
import { VisibleText } from '@/app/_components/visible-text'
import { type ChallengeRules, USAGE_NAMES } from '@/lib/services/challenge-rules'

export function RulesFacts({ rules }: { rules: ChallengeRules }) {
  return factsOf(rules).map(([name, value]) => (
    <Fact key={name} name={name}>
      <VisibleText>{value}</VisibleText>
    </Fact>
  ))
}

function factsOf(rules: ChallengeRules): [name: string, value: string][] {
  const { minRsaBits, maxRsaBits } = rules
  const added = rules.extraSubjectParts?.join(', ') ?? ''
  const facts: [string, string | undefined][] = [
    ['Order of the subject', rules.subjectMode === 'template' ? `any${added && `, may add ${added}`}` : undefined],
    ['May be added', rules.profileIdentifier === true ? 'the identifier of the profile' : undefined],
    ['Names asked for', rules.sanMode === 'exact' ? 'all of them' : undefined],
    ['Key', rules.keyAlgorithms?.join(', ')],
    ['RSA bits', minRsaBits || maxRsaBits ? `${minRsaBits ?? 2048} to ${maxRsaBits ?? '8192'}` : undefined],
    ['Curves', rules.curves?.join(', ')],
    ['Public key', rules.spkiSha256],
    ['Signature', rules.signatureHashes?.join(', ')],
    ['Usages', rules.extendedKeyUsage?.map(usageName).join(', ')],
    ['Serial number', rules.deviceSerial],
    ['Device id', rules.deviceUdid],
    ['Validity', rules.maxValidityDays === undefined ? undefined : `${rules.maxValidityDays} days at most`],
    ['Messages', rules.messageTypes?.join(', ')],
  ]
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
}

function usageName(oid: string): string {
  return Object.entries(USAGE_NAMES).find(([, known]) => known === oid)?.[0] ?? oid
}
