/**
 * Which certificate is whose: by the challenge that the MDM had minted for the device, by the certificate that this one
 * renewed, or by the ids that the certificate names. Certificates are read as they are issued, and again looked through
 * for every device that becomes known. What fits several devices equally well is linked to none.
 */
import { parseName } from '@/lib/pki/name'
import type { SubjectAlternativeName } from './challenges'
import { identifierOf, serialOf } from './device-identifiers'

export interface CertificateIdentifier {
  /** In upper case. */
  value: string
  /** uri: it says itself that it is the device's id in Intune. */
  source: 'uri' | 'name'
}

export interface LinkableCertificate {
  id: string
  subjectDer: Uint8Array
  san: SubjectAlternativeName[]
}

export interface DeviceLinkStore {
  /**
   * In one transaction: reads what certificates of the next page say, links them, and puts in the queue what the rules
   * answer about their devices. Returns how many it read. None while there is no device.
   */
  readCertificates(
    at: Date,
    limit: number,
    identify: (certificate: LinkableCertificate) => CertificateIdentifier[],
  ): Promise<number>
  /** The same for devices that are newly known, or known by another number. Returns how many. */
  linkDevices(at: Date, limit: number): Promise<number>
}

export interface DeviceLinks {
  /** Goes on until nothing is left, or for so many pages. */
  advance(now: Date): Promise<void>
}

const PAGE = 500
/** A run ends for others to have their turn; the next one goes on. */
const MOST_PAGES = 40

export function createDeviceLinks({ store }: { store: DeviceLinkStore }): DeviceLinks {
  return {
    async advance(now) {
      const steps = [() => store.readCertificates(now, PAGE, identifiersOf), () => store.linkDevices(now, PAGE)]
      for (const step of steps) {
        for (let pages = 0, count = PAGE; count === PAGE && pages < MOST_PAGES; pages += 1) count = await step()
      }
    },
  }
}

const INTUNE_DEVICE_ID = /^IntuneDeviceId:\/\/\{?([0-9a-f-]{36})\}?\/?$/i
/** CN, serialNumber, UID. */
const NAMING = new Set(['2.5.4.3', '2.5.4.5', '0.9.2342.19200300.100.1.1'])

/** What a certificate says that may name its device. */
export function identifiersOf({ subjectDer, san }: LinkableCertificate): CertificateIdentifier[] {
  const uris = san.flatMap(({ type, value }) => (type === 'uri' ? (INTUNE_DEVICE_ID.exec(value)?.[1] ?? []) : []))
  const named = new Map<string, CertificateIdentifier>()
  for (const value of namesIn(subjectDer)) named.set(value, { value, source: 'name' })
  for (const uri of uris) {
    const value = identifierOf(uri)
    if (value !== null) named.set(value, { value, source: 'uri' })
  }
  return [...named.values()]
}

function namesIn(subjectDer: Uint8Array): string[] {
  try {
    return parseName(subjectDer).flatMap(({ type, value }) => (NAMING.has(type) ? (serialOf(value) ?? []) : []))
  } catch {
    // A name that cannot be read names nobody.
    return []
  }
}
