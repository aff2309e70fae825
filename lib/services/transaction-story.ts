/** One exchange as a story: every step under a plain name, with what it says in short phrases. */
import { CLIENTS, isClientFamily } from '@/lib/scep/client-catalogue'
import type { Json } from './audit'
import type { Step } from './exchange-trace'
import { compareFields, type FieldComparison } from './field-comparison'
import { recordedRequest } from './recorded-request'
import type { ExchangeView, StepView, TransactionRecord } from './transactions'

type Facts = Step['facts']

interface StepText {
  label: string
  says(facts: Facts): string[]
  tone?(facts: Facts): StepView['tone']
}

const STEPS: Readonly<Record<string, StepText>> = {
  'capabilities.asked': {
    label: 'Asked first',
    says: ({ operation, method }) => phrases(operation, method && `by ${text(method)}`),
  },
  transport: {
    label: 'Request arrived',
    says: ({ method, path, httpVersion, contentType, userAgent, bytesIn }) =>
      phrases(
        path ? `${text(method)} ${text(path)}` : method,
        httpVersion && `HTTP/${text(httpVersion)}`,
        bytesIn !== undefined && `${text(bytesIn)} bytes`,
        contentType && `content type ${text(contentType)}`,
        userAgent && `user agent ${text(userAgent)}`,
      ),
  },
  'client.recognised': {
    label: 'Client recognised',
    says: ({ client }) => phrases(typeof client === 'string' && isClientFamily(client) ? CLIENTS[client].name : client),
  },
  'message.verified': {
    label: 'Message signature verified',
    says: ({ messageType, digest, signerKey, signerSelfSigned, nonceBytes }) =>
      phrases(
        MESSAGE_TYPES[text(messageType)] ?? `message type ${text(messageType)}`,
        `signed with ${DIGESTS[text(digest)] ?? text(digest)} by an ${text(signerKey)} key`,
        signerSelfSigned === false && 'signer certificate issued by another',
        nonceBytes === 0 && 'without a nonce',
      ),
    tone: () => 'good',
  },
  'envelope.read': {
    label: 'Envelope read',
    says: ({ cipher, keyTransport, oaepHash, recipients }) =>
      phrases(
        `encrypted with ${CIPHERS[text(cipher)] ?? text(cipher)}`,
        keyTransport === 'oaep' ? `RSA-OAEP with ${text(oaepHash)}` : 'RSA PKCS#1 v1.5',
        typeof recipients === 'number' && recipients > 1 && `to ${recipients} recipients`,
      ),
  },
  'recipient.found': {
    label: 'Recipient chosen',
    says: ({ current, named }) =>
      phrases(
        named === false
          ? 'it names no certificate of ours; the present registration authority is tried'
          : `named: the ${current === false ? 'earlier' : 'present'} registration authority`,
      ),
    tone: ({ named }) => (named === false ? 'bad' : 'neutral'),
  },
  'csr.read': {
    label: 'Certificate request read',
    says: ({ subject, san, key, signature, signerKey, challenges, extensions }) =>
      phrases(
        subject === '' ? 'no subject' : subject,
        ...list(san),
        key,
        signature,
        signerKey === 'other'
          ? 'message signed by another key than the requested one'
          : 'message signed by the requested key',
        challenges === 0 ? 'no challenge' : challenges === 1 ? 'one challenge' : `${text(challenges)} challenges`,
        list(extensions).length > 0 &&
          (list(extensions).length === 1 ? 'one extension' : `${list(extensions).length} extensions`),
      ),
  },
  'turn.taken': { label: 'Looked up', says: ({ turn }) => phrases(TURNS[text(turn)] ?? turn) },
  'policy.checked': {
    label: 'Profile checked',
    says: ({ allowed, detail, dropped }) =>
      phrases(
        allowed === true ? 'within the profile' : (detail ?? 'outside the profile'),
        list(dropped).length > 0 && `left out: ${list(dropped).join(', ')}`,
      ),
    tone: verdict('allowed'),
  },
  'challenge.checked': {
    label: 'Challenge compared',
    says: ({ fits, boundTo }) =>
      phrases(fits === true ? 'the names fit' : 'the names differ', boundTo && `bound to ${text(boundTo)}`),
    tone: verdict('fits'),
  },
  'signer.differs': {
    label: 'Signed with another key',
    says: ({ pinned, allowed }) =>
      phrases(
        pinned === true ? 'by a pinned proxy' : allowed === true ? 'which this endpoint allows' : 'by nobody pinned',
      ),
    tone: verdict('allowed'),
  },
  'device.looked_up': {
    label: 'Device looked up in the MDM',
    says: ({ connector, device, verdict: said, detail }) =>
      phrases(
        connector && `asked ${text(connector)}`,
        device && `about ${text(device)}`,
        text(said).replaceAll('_', ' '),
        detail && text(detail),
      ),
    tone: ({ verdict: said }) => (said === 'managed' ? 'good' : 'bad'),
  },
  'renewal.signer': {
    label: 'Signed with a certificate of ours',
    says: ({ serial }) => phrases(serial && `serial ${text(serial)}`),
  },
  'renewal.check': {
    label: 'Renewal checked',
    says: ({ check }) => phrases(text(check).replaceAll('_', ' ')),
    tone: verdict('passed'),
  },
  'renewal.refused': { label: 'Not a renewal', says: ({ reason }) => phrases(reason) },
  'token.verified': {
    label: 'Signed challenge verified',
    says: ({ minter }) => phrases(minter && `minted by ${text(minter)}`),
    tone: () => 'good',
  },
  'challenge.verdict': {
    label: 'Static secret compared',
    says: ({ secret, verdict: said }) => phrases(secret && `secret ${text(secret)}…`, said),
    tone: ({ verdict: said }) => (said === 'accepted' ? 'good' : 'bad'),
  },
  'approval.verdict': {
    label: 'Approval looked up',
    says: ({ state }) => phrases(state === 'open' ? 'nobody has decided yet' : state),
  },
  'certificate.issued': {
    label: 'Certificate signed',
    says: ({ serial }) => phrases(serial && `serial ${text(serial)}`),
    tone: () => 'good',
  },
  'certificate.sent': {
    label: 'Certificate sent',
    says: ({ serial, again }) => phrases(serial && `serial ${text(serial)}`, again === true && 'the same one again'),
    tone: () => 'good',
  },
  'query.certificate': {
    label: 'Certificate looked up',
    says: ({ serial, known, allowed }) =>
      phrases(
        serial && `serial ${text(serial)}`,
        known === false
          ? 'no issuer of this group has issued it'
          : allowed === false
            ? 'it belongs to another key and another subject'
            : 'it belongs to who asks',
      ),
    tone: verdict('allowed'),
  },
  'query.crl': {
    label: 'Revocation list looked up',
    says: ({ known, number }) => phrases(known === false ? 'none of this issuer' : `number ${text(number)}`),
    tone: verdict('known'),
  },
  'query.answered': { label: 'Sent', says: () => ['what was asked for'], tone: () => 'good' },
  held: { label: 'Told to wait', says: () => ['the device asks again by itself'] },
  refused: {
    label: 'Refused',
    says: ({ reason, detail, failInfo, text: phrase }) =>
      phrases(reason, detail, failInfo && `the device hears ${text(failInfo)}: ${text(phrase)}`),
    tone: () => 'bad',
  },
  stopped: { label: 'Stopped by a fault', says: ({ reason }) => phrases(reason), tone: () => 'bad' },
  reply: {
    label: 'Answered',
    says: ({ http, bytesOut }) =>
      phrases(http && `HTTP ${text(http)}`, bytesOut !== undefined && `${text(bytesOut)} bytes`),
  },
}

const MESSAGE_TYPES: Readonly<Record<string, string>> = {
  17: 'RenewalReq',
  19: 'PKCSReq',
  20: 'CertPoll',
  21: 'GetCert',
  22: 'GetCRL',
  null: 'no message type',
}
const CIPHERS: Readonly<Record<string, string>> = {
  aes128: 'AES-128',
  aes192: 'AES-192',
  aes256: 'AES-256',
  '3des': '3DES',
  des: 'single DES',
}
const DIGESTS: Readonly<Record<string, string>> = {
  sha1: 'SHA-1',
  sha224: 'SHA-224',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
}
const TURNS: Readonly<Record<string, string>> = {
  ours: 'a request that is decided now',
  issued: 'a request whose certificate exists already',
  refused: 'a request that was refused before',
  pending: 'a request that waits for people',
}

export function exchangeView(record: TransactionRecord['records'][number]): ExchangeView {
  const { id, createdAt: at, operation, outcome, client, sourceIp, steps } = record
  return {
    id,
    at,
    operation,
    outcome,
    client,
    sourceIp,
    steps: steps.map((step, index) => stepView(step, steps[index - 1])),
  }
}

function stepView({ at, step, facts }: Step, before: Step | undefined): StepView {
  const known = Object.hasOwn(STEPS, step) ? STEPS[step] : undefined
  return {
    at,
    took: at < 0 ? 0 : at - Math.max(before?.at ?? 0, 0),
    step,
    label: known?.label ?? labelOf(step),
    tone: known?.tone?.(facts) ?? toneOf(facts),
    says: known?.says(facts) ?? Object.entries(facts).flatMap(spoken),
  }
}

/** Steps that other parts note: "validator.answered" reads "Validator answered", its facts as they are. */
function labelOf(step: string): string {
  const words = step.replaceAll(/[._-]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function toneOf({ verdict: said, allowed, ok }: Facts): StepView['tone'] {
  if (allowed === false || ok === false || said === 'refused' || said === 'denied') return 'bad'
  return allowed === true || ok === true || said === 'accepted' || said === 'allowed' ? 'good' : 'neutral'
}

function spoken([name, value]: [string, Json]): string[] {
  if (value === null || name === 'request' || name === 'differences') return []
  const words = name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  if (typeof value === 'boolean') return [`${words}: ${value ? 'yes' : 'no'}`]
  return [`${words}: ${typeof value === 'object' ? JSON.stringify(value) : value}`]
}

/** From the newest request that could be read, beside what its challenge binds. */
export function fieldsOf({ records, challenge, rules }: TransactionRecord): FieldComparison[] {
  const steps = records.flatMap((record) => record.steps)
  const read = steps.findLast(({ step }) => step === 'csr.read')
  const request = recordedRequest(read?.facts.request)
  return request === null ? [] : compareFields(request, challenge?.constraints ?? null, rules)
}

function verdict(fact: string): (facts: Facts) => StepView['tone'] {
  return (facts) => (facts[fact] === true ? 'good' : facts[fact] === false ? 'bad' : 'neutral')
}

function phrases(...parts: (Json | undefined | string)[]): string[] {
  return parts.flatMap((part) =>
    typeof part === 'string' && part !== '' ? [part] : typeof part === 'number' ? [String(part)] : [],
  )
}

function list(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(text) : []
}

function text(value: Json | undefined): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
