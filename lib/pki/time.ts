/** Time as X.509 writes it (RFC 5280 §4.1.2.5): UTCTime until 2049, GeneralizedTime after, in UTC, no fractions. */
import { DerError, TAG, type Tlv } from './der'
import { encode } from './der-write'

export function encodeTime(date: Date): Uint8Array {
  const year = date.getUTCFullYear()
  if (!(year >= 1950 && year <= 9999)) throw new DerError('a date X.509 cannot write')
  const iso = date.toISOString()
  const rest = `${iso.slice(5, 7)}${iso.slice(8, 10)}${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`
  return year < 2050
    ? encode(TAG.utcTime, Buffer.from(`${iso.slice(2, 4)}${rest}`, 'latin1'))
    : encode(TAG.generalizedTime, Buffer.from(`${iso.slice(0, 4)}${rest}`, 'latin1'))
}

/** Where only GeneralizedTime is written, whatever the year, as in OCSP (RFC 6960 §4.2.1). */
export function encodeGeneralizedTime(date: Date): Uint8Array {
  const year = date.getUTCFullYear()
  if (!(year >= 1 && year <= 9999)) throw new DerError('a date X.509 cannot write')
  return encode(TAG.generalizedTime, Buffer.from(`${date.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`, 'latin1'))
}

export function timeOf(value: Tlv): Date {
  const text = Buffer.from(value.content).toString('latin1')
  if (value.tag === TAG.utcTime && /^\d{12}Z$/.test(text)) {
    return instant(`${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}`)
  }
  if (value.tag === TAG.generalizedTime && /^\d{14}Z$/.test(text)) return instant(text)
  throw new DerError('not a Time')
}

/** YYYYMMDDHHMMSSZ */
function instant(text: string): Date {
  const at = (from: number, to = from + 2) => Number(text.slice(from, to))
  const [year, month, day, hours, minutes, seconds] = [at(0, 4), at(4) - 1, at(6), at(8), at(10), at(12)]
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  date.setUTCHours(hours, minutes, seconds)
  // Date rolls 30 February over into March, and 24:00 into the next day; a calendar that has to be corrected is not a Time.
  const kept =
    date.getUTCMonth() === month &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hours &&
    date.getUTCMinutes() === minutes &&
    date.getUTCSeconds() === seconds
  if (!kept) throw new DerError('no such date')
  return date
}

/** The second `date` lies in: what a certificate can say. */
export function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000)
}
