/** Commands to paste on a device, with this installation's values filled in. */
import type { SubjectAlternativeName } from '@/lib/services/challenges'

export interface DeviceToEnrol {
  scepUrl: string
  /** RFC 4514 text. */
  subject: string
  san: SubjectAlternativeName[]
  /** Null before one is minted: the command shows where it belongs. */
  challenge: string | null
  /** Whether GetCACert brings the root along; if not, the commands fetch it from its own URL. */
  includeRoot: boolean
  rootUrl: string
  issuerUrl: string
  /** SHA-256 of the issuer's certificate, hex: our client refuses a server that answers with another. */
  issuerFingerprint: string
}

/** Our own client: a key, a request, and in plain words what each step answered. */
export function enrolCommand(device: DeviceToEnrol): string {
  const file = fileStem(device.subject)
  return lines('npm run latchkey -- enrol', [
    `--url ${quote(device.scepUrl)}`,
    `--challenge ${challengeOf(device)}`,
    `--subject ${quote(device.subject)}`,
    ...device.san.map(({ type, value }) => `--san ${quote(`${type}:${value}`)}`),
    `--ca-fingerprint ${device.issuerFingerprint}`,
    `--key-out ${quote(`${file}.key`)}`,
    `--cert-out ${quote(`${file}.crt`)}`,
  ])
}

/** Debian's strongswan-pki: the CA certificates, to be compared with the fingerprints on the page. */
export function strongswanFetchCommand(device: DeviceToEnrol): string {
  const scepca = lines('pki --scepca', [
    `--url ${quote(device.scepUrl)}`,
    '--caout ca.pem --raout ra.pem --outform pem --force',
  ])
  if (device.includeRoot) return scepca
  return [
    scepca,
    `curl -fsS ${quote(device.rootUrl)} | openssl x509 -inform der -out ca.pem`,
    `curl -fsS ${quote(device.issuerUrl)} | openssl x509 -inform der -out ca-1.pem`,
  ].join('\n')
}

export function strongswanEnrolCommand(device: DeviceToEnrol): string {
  const file = fileStem(device.subject)
  const make = `pki --gen --type rsa --size 2048 --outform pem > ${quote(`${file}.key`)}`
  const ask = lines('pki --scep', [
    `--url ${quote(device.scepUrl)}`,
    `--in ${quote(`${file}.key`)}`,
    `--dn ${quote(device.subject)}`,
    ...device.san.filter(({ type }) => STRONGSWAN_TYPES.includes(type)).map(({ value }) => `--san ${quote(value)}`),
    `--password ${challengeOf(device)}`,
    '--cacert-enc ra.pem --cacert-sig ca-1.pem --cacert ca.pem',
    `--outform pem > ${quote(`${file}.crt`)}`,
  ])
  return `${make}\n${ask}\nopenssl verify -CAfile ca.pem -untrusted ca-1.pem ${quote(`${file}.crt`)}`
}

/** pki guesses the type of a name from its look, and knows these alone. */
const STRONGSWAN_TYPES: readonly string[] = ['dns', 'email', 'ip']

/** Names that strongSwan cannot ask for, so that the page can say so. */
export function beyondStrongswan(san: SubjectAlternativeName[]): SubjectAlternativeName[] {
  return san.filter(({ type }) => !STRONGSWAN_TYPES.includes(type))
}

/** For a POSIX shell: bare when it is harmless, otherwise in single quotes. */
export function quote(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`
}

function challengeOf(device: DeviceToEnrol): string {
  return device.challenge === null ? 'CHALLENGE' : quote(device.challenge)
}

function fileStem(subject: string): string {
  const name = /(?:^|,)\s*CN=((?:\\.|[^,\\])+)/i.exec(subject)?.[1] ?? 'device'
  const stem = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
  return stem || 'device'
}

function lines(command: string, options: string[]): string {
  return [command, ...options].join(' \\\n  ')
}
