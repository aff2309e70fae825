/** latchkey enrol: a small SCEP client that says what each step answered. Needs the network and no installation. */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { toPem } from '@/lib/pki/certificate'
import { parseNameText } from '@/lib/pki/name'
import { CommandFault, command, type Io, type Outcome, secretFromStdin, UsageFault, wholeNumber } from './command'
import { readTextFile, refuseExisting, writeNewFile } from './files'
import { parseSanOption } from './names'
import { type Holder, holderOf, renewedNames } from './renewal'
import { converse, type Verdict } from './scep-conversation'
import { getCaCaps, getCaCert, NoAnswer, scepUrl } from './scep-transport'
import { establishTrust, parseFingerprint, readCaCertificates, sha256 } from './scep-trust'
import { visible } from './text'

export const enrol = command({
  name: 'enrol',
  summary: 'Get a certificate by SCEP, as a device would',
  details:
    'Makes a key, asks the endpoint and saves key and certificate. Works from any machine: it needs the SCEP URL and\n' +
    'a challenge, and no installation. Exit code 0 means that the certificate is there.\n' +
    'With --renew, the certificate that is there asks for its successor, and no challenge is needed.',
  options: {
    url: { value: 'SCEP_URL', description: 'SCEP URL of the endpoint', required: true },
    challenge: { value: 'CHALLENGE', description: 'The challenge minted for this device' },
    'challenge-stdin': { description: 'Read the challenge from standard input instead' },
    'no-challenge': { description: 'Send none, for endpoints at which people approve' },
    subject: {
      value: 'NAME',
      description: 'Subject, as it was minted, such as "CN=tablet-7,O=Example"; a renewal keeps its own',
    },
    san: { value: 'TYPE:VALUE', description: 'Alternative name: dns, email, uri, upn or ip', repeats: true },
    'key-out': { value: 'FILE', description: 'Where to save the new key (PKCS#8 PEM, mode 0600)' },
    'cert-out': { value: 'FILE', description: 'Where to save the certificate (PEM)', required: true },
    chain: { description: 'Save the issuers below the certificate too' },
    key: { value: 'FILE', description: 'Use this RSA key (PEM) instead of making one' },
    renew: { description: 'Renew the certificate of --cert, whose key is the one of --key' },
    cert: { value: 'FILE', description: 'The certificate to renew (PEM)' },
    'new-key': { value: 'FILE', description: 'With --renew: certify this RSA key (PEM) instead of making one' },
    'key-size': { value: 'BITS', description: 'Size of the new RSA key', choices: ['2048', '3072', '4096'] },
    'ca-fingerprint': {
      value: 'SHA256',
      description: 'Go on only if the server has a certificate with this fingerprint',
    },
    'poll-interval': {
      value: 'SECONDS',
      description: 'How often to ask again while the request waits; 15 unless given',
    },
    'poll-for': { value: 'SECONDS', description: 'How long to ask again; 600 unless given, 0 for not at all' },
    force: { description: 'Overwrite the files' },
  },
  examples: [
    'enrol --url SCEP_URL --challenge CHALLENGE --subject "CN=tablet-7" --key-out key.pem --cert-out cert.pem',
    'enrol --url SCEP_URL --challenge-stdin --subject CN=tablet-7 --key key.pem --cert-out cert.pem < challenge.txt',
    'enrol --url SCEP_URL --renew --cert cert.pem --key key.pem --key-out new-key.pem --cert-out new-cert.pem',
  ],
  async run({ options, io }): Promise<Outcome> {
    const files = { key: options['key-out'], certificate: options['cert-out'], force: options.force }
    const given = keyOptions(options)
    if (files.key === undefined && given.key === undefined) throw new UsageFault('--key-out FILE is missing.')
    if (files.key !== undefined && given.key !== undefined)
      throw new UsageFault(`Give ${given.option} or --key-out, not both.`)
    const challenge = await challengeFrom(options, io)
    const url = scepUrl(options.url)
    const holder = given.holder === null ? null : await holderOf(given.holder.cert, await keyFrom(given.holder.key))
    const { subject, san } = namesOf(holder, options)
    const fingerprint =
      options['ca-fingerprint'] === undefined ? undefined : parseFingerprint(options['ca-fingerprint'])
    const polling = {
      everySeconds: wholeNumber('poll-interval', options['poll-interval'], 1, 3_600) ?? 15,
      forSeconds: wholeNumber('poll-for', options['poll-for'], 0, 86_400) ?? 600,
    }
    for (const file of [files.key, files.certificate]) if (file !== undefined) await refuseExisting(file, files.force)

    const { capabilities, trust } = await meet(url, fingerprint, io)
    const bits = Number(options['key-size'] ?? 2048)
    const privateKey = given.key === undefined ? await newKey(bits, io) : await keyFrom(given.key)
    const enrolment = { url, capabilities, trust, subject, san, challenge, privateKey, holder, polling, say: io.say }
    const verdict = await converse(enrolment).catch((error: unknown) =>
      keepForLater(error, files, privateKey, given.option),
    )
    if (verdict.status === 'FAILURE') return outcome(verdict, failureText(verdict))
    await keep(files, privateKey)
    if (verdict.status === 'PENDING') return outcome(verdict, pendingText(files.key, given.option))

    const pem = [verdict.certificate, ...(options.chain ? trust.chain : [])].map(({ der }) => toPem(der)).join('')
    await writeNewFile(files.certificate, Buffer.from(pem), { mode: 0o644, force: files.force })
    const saved = files.key === undefined ? files.certificate : `${files.certificate}, its key in ${files.key}`
    return outcome(verdict, `SUCCESS: certificate ${verdict.certificate.serial} is in ${saved}.`)
  },
})

interface Files {
  /** Absent when the key was there before. */
  key: string | undefined
  certificate: string
  force: boolean
}

/** GetCACaps and GetCACert: what the server can do, and who it is. */
async function meet(url: URL, fingerprint: string | undefined, io: Io) {
  const capabilities = await getCaCaps(url)
  const names = [...capabilities.values()].map(visible).join(', ')
  io.say(names === '' ? 'GetCACaps: the server names no capabilities.' : `GetCACaps: ${names}.`)
  const certificates = readCaCertificates(await getCaCert(url))
  const trust = establishTrust(certificates, fingerprint, new Date())
  const { length } = certificates
  io.say(`GetCACert: ${length} ${length === 1 ? 'certificate' : 'certificates'}, each signed by the next.`)
  io.say(`  Issuer:     SHA-256 ${sha256((trust.chain[0] ?? trust.recipient).der)}`)
  io.say(`  Registration authority: SHA-256 ${sha256(trust.recipient.der)}`)
  io.say(
    fingerprint === undefined
      ? '  Not compared with anything: give --ca-fingerprint to be sure.'
      : '  The fingerprint is the one you gave.',
  )
  return { capabilities, trust }
}

function outcome(verdict: Verdict, text: string): Outcome {
  const serial = verdict.status === 'SUCCESS' ? verdict.certificate.serial : null
  const failInfo = verdict.status === 'FAILURE' ? verdict.failInfo : null
  return { json: { status: verdict.status, serial, failInfo }, text, exitCode: verdict.status === 'SUCCESS' ? 0 : 1 }
}

function failureText({ failInfo, text }: Extract<Verdict, { status: 'FAILURE' }>): string {
  const said = text === null ? '' : ` ("${visible(text)}")`
  return `FAILURE ${failInfo}${said}: the endpoint refused. A device is not told why; the portal says it under Enrolments.`
}

function pendingText(keyFile: string | undefined, option: string): string {
  const again =
    keyFile === undefined ? 'the same command' : `the same command with ${option} ${keyFile} instead of --key-out`
  return `PENDING: somebody has to approve it first. Run ${again} to ask again.`
}

async function keep(files: Files, key: KeyObject): Promise<void> {
  if (files.key === undefined) return
  const pem = Buffer.from(key.export({ type: 'pkcs8', format: 'pem' }))
  await writeNewFile(files.key, pem, { mode: 0o600, force: files.force })
}

/** The request may have arrived although no answer came back: the certificate would be lost without its key. */
async function keepForLater(error: unknown, files: Files, key: KeyObject, option: string): Promise<never> {
  if (!(error instanceof NoAnswer) || files.key === undefined) throw error
  await keep(files, key)
  const again = `run the same command with ${option} ${files.key} instead of --key-out`
  throw new CommandFault(
    error.code,
    `${error.message} The key is kept: ${again}, and a certificate that was issued meanwhile is fetched.`,
  )
}

interface KeyOptions {
  /** The key to certify, when it is there already, and the option that names it. */
  key: string | undefined
  option: '--key' | '--new-key'
  /** For a renewal: whose successor is asked for. */
  holder: { cert: string; key: string } | null
}

/** With --renew, --key is the key of the certificate that is there, and a new one is made unless --new-key names one. */
function keyOptions(options: {
  renew: boolean
  cert: string | undefined
  key: string | undefined
  'new-key': string | undefined
}): KeyOptions {
  const { renew, cert, key, 'new-key': newKeyFile } = options
  if (!renew) {
    if (cert !== undefined || newKeyFile !== undefined) throw new UsageFault('--cert and --new-key go with --renew.')
    return { key, option: '--key', holder: null }
  }
  if (cert === undefined) throw new UsageFault('--cert FILE is missing: the certificate to renew.')
  if (key === undefined) throw new UsageFault('--key FILE is missing: the key of the certificate to renew.')
  return { key: newKeyFile, option: '--new-key', holder: { cert, key } }
}

function namesOf(holder: Holder | null, { subject, san }: { subject: string | undefined; san: string[] }) {
  if (holder !== null) {
    if (subject !== undefined) throw new UsageFault('A renewal keeps its subject: leave out --subject.')
    return renewedNames(holder, san)
  }
  if (subject === undefined) throw new UsageFault('--subject NAME is missing.')
  return { subject: parseNameText(subject), san: san.map(parseSanOption) }
}

/** A renewal needs none, unless the endpoint asks for one all the same. */
async function challengeFrom(
  options: { renew: boolean; challenge: string | undefined; 'challenge-stdin': boolean; 'no-challenge': boolean },
  io: Io,
): Promise<string | null> {
  const { renew, challenge, 'challenge-stdin': fromStdin, 'no-challenge': none } = options
  if (none && (challenge !== undefined || fromStdin))
    throw new UsageFault('Give a challenge or --no-challenge, not both.')
  if (fromStdin && challenge !== undefined) throw new UsageFault('Give --challenge or --challenge-stdin, not both.')
  if (fromStdin) return secretFromStdin(io, 'challenge')
  if (challenge === undefined && !renew && !none)
    throw new UsageFault('--challenge CHALLENGE is missing; with --no-challenge none is sent.')
  return challenge ?? null
}

async function newKey(bits: number, io: Io): Promise<KeyObject> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: bits })
  io.say(`Key: a new RSA key of ${bits} bits.`)
  return privateKey
}

async function keyFrom(file: string): Promise<KeyObject> {
  const pem = await readTextFile(file)
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw new CommandFault('bad_key', `${file} holds no private key in PEM, or one with a password.`)
  }
  // RFC 8894 §3.1: the client signs the request and opens the reply with the same key, which only RSA can do.
  if (createPublicKey(key).asymmetricKeyType !== 'rsa')
    throw new CommandFault('bad_key', `${file} is no RSA key; SCEP needs one.`)
  return key
}
