/** What a RADIUS server asks: the attributes of one request as rlm_rest of FreeRADIUS sends them, or our own plain shape. */
import { isRefusal } from '@/lib/errors'
import { parseSerial, type Serial } from '@/lib/pki/serial'

/** One question about one certificate. Texts are cut, and never find their way into an answer. */
export interface AccessQuestion {
  /** Who wrote it decides in which form the answer is written. */
  form: 'rlm_rest' | 'plain'
  serial: Serial
  /** Subject key identifier of the issuer, lower-case hex; null when it was not said. */
  authorityKeyId: string | null
  /** Name of the issuer as OpenSSL writes it in one line. */
  issuer: string | null
  ssid: string | null
  /** NAS-Identifier and addresses: whatever names the access point or switch. */
  networkServers: string[]
  /** Calling-Station-Id. */
  station: string | null
}

const LONGEST = 253
const LONGEST_NAME = 1_024

/** Null when it is no question: not JSON, no object, no certificate in it, or more than one. */
export function parseQuestion(body: Uint8Array): AccessQuestion | null {
  const document = parsed(body)
  if (document === null) return null
  return 'serial' in document ? plainQuestion(document) : restQuestion(document)
}

function parsed(body: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}

function restQuestion(attributes: Record<string, unknown>): AccessQuestion | null {
  const all = (name: string, longest = LONGEST) => valuesOf(attributes[name], longest)
  const one = (name: string, longest?: number) => all(name, longest)[0] ?? null
  const serials = all('TLS-Client-Cert-Serial')
  const serial = serials.length === 1 ? serialOf(serials[0]) : null
  if (serial === null) return null
  return {
    form: 'rlm_rest',
    serial,
    authorityKeyId: keyIdOf(one('TLS-Client-Cert-X509v3-Authority-Key-Identifier', LONGEST_NAME)),
    issuer: one('TLS-Client-Cert-Issuer', LONGEST_NAME),
    ssid: one('Called-Station-SSID') ?? ssidOf(one('Called-Station-Id')),
    networkServers: ['NAS-Identifier', 'NAS-IP-Address', 'NAS-IPv6-Address'].flatMap((name) => all(name)),
    station: one('Calling-Station-Id'),
  }
}

function plainQuestion(document: Record<string, unknown>): AccessQuestion | null {
  const text = (name: string, longest = LONGEST) => valuesOf(document[name], longest)[0] ?? null
  const serial = serialOf(text('serial') ?? undefined)
  if (serial === null) return null
  return {
    form: 'plain',
    serial,
    authorityKeyId: keyIdOf(text('authorityKeyId')),
    issuer: text('issuer', LONGEST_NAME),
    ssid: text('ssid'),
    networkServers: valuesOf(document.networkServer, LONGEST),
    station: text('station'),
  }
}

/** `{ "type": "string", "value": ["…"] }`, or the bare value. Empty for what is neither text nor number. */
function valuesOf(attribute: unknown, longest: number): string[] {
  const inner =
    typeof attribute === 'object' && attribute !== null && 'value' in attribute ? attribute.value : attribute
  return [inner].flat().flatMap((value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return []
    return value === '' ? [] : [String(value).slice(0, longest)]
  })
}

function serialOf(hex: string | undefined): Serial | null {
  try {
    return hex === undefined ? null : parseSerial(hex)
  } catch (error) {
    if (isRefusal(error)) return null
    throw error
  }
}

/** "3A:7F:…" or "keyid:3A:7F:…", as OpenSSL prints the extension; what comes after it, such as a serial, says no more. */
function keyIdOf(text: string | null): string | null {
  const [, digits] = /^\s*(?:keyid:)?([0-9a-f]{2}(?::?[0-9a-f]{2}){3,63})(?![0-9a-f:])/i.exec(text ?? '') ?? []
  return digits === undefined ? null : digits.replaceAll(':', '').toLowerCase()
}

const MAC = /^(?:[0-9a-f]{2}[-:.]?){5}[0-9a-f]{2}$/i

/** RFC 3580 §3.20: "00-10-A4-23-19-C0:AP1". Some access points write the address with colons, and some send it alone. */
function ssidOf(station: string | null): string | null {
  if (station === null || MAC.test(station)) return null
  const [, after] = /^(?:[0-9a-f]{2}[-:.]?){5}[0-9a-f]{2}:(.+)$/is.exec(station) ?? []
  if (after !== undefined) return after
  const colon = station.lastIndexOf(':')
  return colon < 0 || colon === station.length - 1 ? null : station.slice(colon + 1)
}
