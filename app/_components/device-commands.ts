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
  const file = fileStem(commonNameOf(device.subject))
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
  const file = fileStem(commonNameOf(device.subject))
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

/** certmonger works as root in a folder of its own, reads its challenge from a file, and renews by itself. */
export function certmongerCommands(device: DeviceToEnrol): { prepare: string; enrol: string } {
  const { scepUrl, issuerUrl, rootUrl, subject, san } = device
  const name = `latchkey-${fileStem(scepUrl.split('/').at(-1) ?? '')}`
  const folder = `/etc/latchkey/${fileStem(commonNameOf(subject))}`
  const prepare = [
    `mkdir -p ${folder}`,
    `curl -fsS ${quote(rootUrl)} | openssl x509 -inform der -out ${folder}/ca.pem`,
    `curl -fsS ${quote(issuerUrl)} | openssl x509 -inform der -out ${folder}/issuer.pem`,
    `openssl x509 -in ${folder}/issuer.pem -noout -fingerprint -sha256`,
    `(umask 077; printf '%s' ${challengeOf(device)} > ${folder}/challenge)`,
  ].join('\n')
  const ca = lines('getcert add-scep-ca', [
    `-c ${quote(name)}`,
    `-u ${quote(scepUrl)}`,
    `-N ${folder}/issuer.pem`,
    `-I ${folder}/ca.pem`,
    // The CA of the web server, which is none of ours.
    ...(scepUrl.startsWith('https:') ? ['-R /etc/ssl/certs/ca-certificates.crt'] : []),
  ])
  const ask = lines('getcert request', [
    `-c ${quote(name)}`,
    `-k ${folder}/client.key`,
    `-f ${folder}/client.pem`,
    '-G rsa -g 2048',
    `-N ${quote(subject)}`,
    ...san.flatMap(({ type, value }) => (CERTMONGER_NAMES[type] ? [`${CERTMONGER_NAMES[type]} ${quote(value)}`] : [])),
    `-l ${folder}/challenge`,
    '-w -v',
  ])
  return { prepare, enrol: `${ca}\n${ask}` }
}

const CERTMONGER_NAMES: Readonly<Record<string, string>> = { dns: '-D', email: '-E', ip: '-A', upn: '-P' }

/** Names that certmonger cannot ask for. */
export function beyondCertmonger(san: SubjectAlternativeName[]): SubjectAlternativeName[] {
  return san.filter(({ type }) => !(type in CERTMONGER_NAMES))
}

/** For a POSIX shell: bare when it is harmless, otherwise in single quotes. */
export function quote(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`
}

function challengeOf(device: DeviceToEnrol): string {
  return device.challenge === null ? 'CHALLENGE' : quote(device.challenge)
}

function commonNameOf(subject: string): string {
  return /(?:^|,)\s*CN=((?:\\.|[^,\\])+)/i.exec(subject)?.[1] ?? 'device'
}

function fileStem(name: string): string {
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
