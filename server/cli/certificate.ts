/** latchkey certificate: find, show, save, revoke, hold and release. */
import type {
  CertificateFilter,
  CertificateStatus,
  CertificateSummary,
  RevocationReason,
} from '@/lib/services/certificates'
import { command, given, moreHint, PAGE_OPTIONS, pageFrom, timeOf } from './command'
import { writeNewFile } from './files'
import { CERTIFICATE_STATUSES, REVOCATION_REASONS } from './names'
import { facts, moment, table } from './text'

export const listCertificates = command({
  name: 'certificate list',
  summary: 'List the certificates of devices, newest first',
  options: {
    group: { value: 'SLUG', description: 'Only those of this group' },
    endpoint: { value: 'SLUG', description: 'Only those of this endpoint' },
    issuer: { value: 'SLUG', description: 'Only those that this issuer signed' },
    status: { value: 'STATUS', description: 'Only those with this status', choices: CERTIFICATE_STATUSES },
    issuance: { value: 'WHICH', description: 'first (of its line) or renewal', choices: ['first', 'renewal'] },
    line: { value: 'SERIAL', description: 'The whole line of renewals of this certificate' },
    search: { value: 'TEXT', description: 'Part of a serial, fingerprint, subject or alternative name' },
    ...PAGE_OPTIONS,
  },
  examples: ['certificate list --group staff --status valid', 'certificate list --search tablet-7 --json'],
  async run({ options, withServices }) {
    const { group, endpoint, issuer, search, line } = options
    const filter = given({
      group,
      endpoint,
      issuer,
      search,
      line,
      issuance: options.issuance as CertificateFilter['issuance'],
      status: options.status as CertificateStatus | undefined,
    })
    const page = pageFrom(options)
    const found = await withServices((services, actor) => services.certificates.list(actor, filter, page))
    const rows = found.items.map((item) => [
      item.serial,
      item.status,
      item.subject,
      item.group?.slug ?? '-',
      moment(item.notAfter),
    ])
    const text = table(['SERIAL', 'STATUS', 'SUBJECT', 'GROUP', 'UNTIL'], rows, 'There are no such certificates.')
    return { json: found, text: text + moreHint(found.nextCursor) }
  },
})

export const showCertificate = command({
  name: 'certificate show',
  summary: 'Show one certificate',
  argument: 'SERIAL',
  options: {},
  examples: ['certificate show 3A7F19C0D2E45B6781920A1B2C3D4E5F'],
  async run({ argument, withServices }) {
    const certificate = await withServices((services, actor) => services.certificates.get(actor, argument))
    const names = certificate.san.map(({ type, value }) => `${type}:${value}`).join(', ')
    const text = facts([
      ['Serial', certificate.serial],
      ['Subject', certificate.subject],
      ['Names', names === '' ? '-' : names],
      ['Status', certificate.status],
      ['Because', certificate.statusCause.sentence],
      ['Valid', `${moment(certificate.notBefore)} to ${moment(certificate.notAfter)}`],
      ['Issuer', certificate.issuer.name],
      ['Group', certificate.group?.name ?? '-'],
      ['Key', `${certificate.publicKey.algorithm} ${certificate.publicKey.size}`],
      ['SHA-256', certificate.fingerprintSha256],
      ['Revoked', certificate.revokedAt ? `${moment(certificate.revokedAt)} (${certificate.revocationReason})` : '-'],
    ])
    return { json: certificate, text }
  },
})

export const exportCertificate = command({
  name: 'certificate export',
  summary: 'Save one certificate to a file or to standard output',
  argument: 'SERIAL',
  options: {
    format: {
      value: 'FORMAT',
      description: 'chain is PEM with the issuers; pem unless given',
      choices: ['pem', 'der', 'chain'],
    },
    out: { value: 'FILE', description: 'Where to; standard output unless given' },
    force: { description: 'Overwrite the file' },
  },
  examples: [
    'certificate export 3A7F19C0D2E45B6781920A1B2C3D4E5F --out tablet-7.pem',
    'certificate export 3A7F19C0D2E45B6781920A1B2C3D4E5F --format der --out tablet-7.cer',
  ],
  async run({ argument, options, io, withServices }) {
    const { format = 'pem', out, force } = options
    const certificate = await withServices((services, actor) => services.certificates.get(actor, argument))
    const { serial, pem, chainPem } = certificate
    const text = format === 'chain' ? chainPem : pem
    const bytes = format === 'der' ? derOf(pem) : Buffer.from(text)
    if (out !== undefined) {
      await writeNewFile(out, bytes, { mode: 0o644, force })
      return { json: { serial, format, file: out }, text: `Saved in ${out}.` }
    }
    const json = { serial, format, ...(format === 'der' ? { base64: bytes.toString('base64') } : { pem: text }) }
    if (format !== 'der') return { json, text: text.trimEnd() }
    if (!io.json) io.write(bytes)
    return { json, text: '' }
  },
})

export const revokeCertificate = command({
  name: 'certificate revoke',
  summary: 'Revoke one certificate; it cannot be undone',
  details: 'The CRL of its issuer lists it within seconds while the server runs.',
  argument: 'SERIAL',
  options: {
    reason: { value: 'REASON', description: 'RFC 5280 §5.3.1', required: true, choices: REVOCATION_REASONS },
    comment: { value: 'TEXT', description: 'For the certificate page and the audit trail' },
    'compromised-since': { value: 'TIME', description: 'With keyCompromise: since when' },
  },
  examples: ['certificate revoke 3A7F19C0D2E45B6781920A1B2C3D4E5F --reason keyCompromise --comment "stolen"'],
  async run({ argument, options, withServices }) {
    const invalidityDate = timeOf('compromised-since', options['compromised-since'])
    const request = {
      reason: options.reason as RevocationReason,
      ...given({ comment: options.comment, invalidityDate }),
    }
    const revoked = await withServices((services, actor) => services.certificates.revoke(actor, argument, request))
    return changed(revoked, `The certificate of ${revoked.subject} is revoked.`)
  },
})

export const holdCertificate = command({
  name: 'certificate hold',
  summary: 'Put one certificate on hold, until it is released or revoked for good',
  argument: 'SERIAL',
  options: { comment: { value: 'TEXT', description: 'For the certificate page and the audit trail' } },
  examples: ['certificate hold 3A7F19C0D2E45B6781920A1B2C3D4E5F --comment "missing since this morning"'],
  async run({ argument, options, withServices }) {
    const request = { reason: 'certificateHold' as const, ...given({ comment: options.comment }) }
    const held = await withServices((services, actor) => services.certificates.revoke(actor, argument, request))
    return changed(held, `The certificate of ${held.subject} is on hold.`)
  },
})

export const releaseCertificate = command({
  name: 'certificate release',
  summary: 'Release one certificate from its hold',
  argument: 'SERIAL',
  options: { comment: { value: 'TEXT', description: 'For the audit trail' } },
  examples: ['certificate release 3A7F19C0D2E45B6781920A1B2C3D4E5F'],
  async run({ argument, options, withServices }) {
    const request = given({ comment: options.comment })
    const released = await withServices((services, actor) => services.certificates.release(actor, argument, request))
    return changed(released, `The certificate of ${released.subject} is released.`)
  },
})

function changed({ id, serial, status, revokedAt, revocationReason }: CertificateSummary, text: string) {
  return { json: { id, serial, status, revokedAt, revocationReason }, text }
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
}
