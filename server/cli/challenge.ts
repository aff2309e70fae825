/** latchkey challenge: one-time passwords for named devices. */
import { CHALLENGE_FORMATS } from '@/lib/services/challenge-formats'
import type { ChallengeListing } from '@/lib/services/challenges'
import type { ChallengeFormat } from '@/lib/services/endpoint-settings'
import { RULE_OPTIONS, rulesFrom } from './challenge-rules'
import { command, given, moreHint, PAGE_OPTIONS, pageFrom, wholeNumber } from './command'
import { parseSanOption } from './names'
import { facts, moment, table } from './text'

export const mintChallenge = command({
  name: 'challenge mint',
  summary: 'Mint a challenge for one named device',
  details: 'The value is shown once. Only a request for exactly this subject and these names can use it, one time.',
  options: {
    endpoint: { value: 'SLUG', description: 'Endpoint at which it will hold', required: true },
    subject: {
      value: 'NAME',
      description: 'What the certificate will be issued to, such as "CN=tablet-7,O=Example"',
      required: true,
    },
    san: { value: 'TYPE:VALUE', description: 'Alternative name: dns, email, uri, upn or ip', repeats: true },
    ttl: { value: 'MINUTES', description: 'Life, 1 to 1440; what the endpoint says unless given' },
    device: { value: 'NAME', description: 'A name for people; it is not in the certificate' },
    format: {
      value: 'FORMAT',
      description: 'How the value is written; what the endpoint says unless given',
      choices: CHALLENGE_FORMATS,
    },
    ...RULE_OPTIONS,
  },
  examples: [
    'challenge mint --endpoint staff --subject "CN=tablet-7,O=Example"',
    'challenge mint --endpoint staff --subject CN=tablet-7 --san dns:tablet-7.example --ttl 15 --json',
    'challenge mint --endpoint staff --subject CN=tablet-7 --format sealed --key RSA --min-bits 3072 --max-days 90',
  ],
  async run({ options, withServices }) {
    const request = {
      endpoint: options.endpoint,
      subject: options.subject,
      san: options.san.map(parseSanOption),
      ...given({
        ttlMinutes: wholeNumber('ttl', options.ttl, 1, 1440),
        deviceName: options.device,
        format: options.format as ChallengeFormat | undefined,
        rules: rulesFrom(options),
      }),
    }
    const minted = await withServices((services, actor) => services.challenges.mint(actor, request))
    const { id, challenge, expiresAt, scepUrl } = minted
    const text = facts([
      ['Challenge', challenge],
      ['Subject', minted.subject],
      ['SCEP URL', scepUrl],
      ['Expires', moment(expiresAt)],
      ['Id', id],
    ])
    return {
      json: { id, challenge, expiresAt, scepUrl },
      text: `${text}\n\nKeep the challenge now: it is not shown again.`,
    }
  },
})

const STATES = [
  'pending',
  'reserved',
  'consumed',
  'expired',
  'revoked',
  'refused',
] as const satisfies readonly ChallengeListing[]

export const listChallenges = command({
  name: 'challenge list',
  summary: 'List challenges, without their values',
  options: {
    endpoint: { value: 'SLUG', description: 'Only those of this endpoint' },
    group: { value: 'SLUG', description: 'Only those of this group' },
    state: { value: 'STATE', description: 'Only those in this state', choices: STATES },
    search: { value: 'TEXT', description: 'Part of the subject or of the device name' },
    ...PAGE_OPTIONS,
  },
  examples: ['challenge list --endpoint staff --state pending'],
  async run({ options, withServices }) {
    const { endpoint, group, search } = options
    const filter = given({ endpoint, group, search, state: options.state as ChallengeListing | undefined })
    const page = pageFrom(options)
    const found = await withServices((services, actor) => services.challenges.list(actor, filter, page))
    const rows = found.items.map((item) => [
      item.id,
      item.state,
      item.endpoint.slug,
      item.subject,
      moment(item.expiresAt),
    ])
    const text = table(['ID', 'STATE', 'ENDPOINT', 'SUBJECT', 'EXPIRES'], rows, 'There are no such challenges.')
    return { json: found, text: text + moreHint(found.nextCursor) }
  },
})

export const revokeChallenge = command({
  name: 'challenge revoke',
  summary: 'Revoke a challenge that was not used yet',
  argument: 'ID',
  options: { reason: { value: 'TEXT', description: 'Why, for the audit trail' } },
  examples: ['challenge revoke 0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b --reason "sent to the wrong person"'],
  async run({ argument, options, withServices }) {
    const challenge = await withServices((services, actor) =>
      services.challenges.revoke(actor, argument, options.reason),
    )
    const { id, state, revokedAt } = challenge
    return { json: { id, state, revokedAt }, text: `The challenge for ${challenge.subject} is revoked.` }
  },
})

export const reissueChallenge = command({
  name: 'challenge reissue',
  summary: 'Mint another challenge with the same binding',
  details: 'The old one is revoked if it still waits.',
  argument: 'ID',
  options: {},
  examples: ['challenge reissue 0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b'],
  async run({ argument, withServices }) {
    const minted = await withServices((services, actor) => services.challenges.reissue(actor, argument))
    const { id, challenge, expiresAt, scepUrl, subject } = minted
    const text = facts([
      ['Challenge', challenge],
      ['Subject', subject],
      ['SCEP URL', scepUrl],
      ['Expires', moment(expiresAt)],
      ['Id', id],
    ])
    return {
      json: { id, challenge, expiresAt, scepUrl },
      text: `${text}\n\nKeep the challenge now: it is not shown again.`,
    }
  },
})
