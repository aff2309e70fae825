import { expect, test } from 'vitest'
import { openssl, scratchFiles } from '@/e2e/fixtures/openssl'
import { parseCertificate } from './certificate'
import { oneLineName, subjectHash } from './openssl-name'
import { fromPem } from './pem'

test.each([
  '/O=Example/CN=Example Staff CA',
  '/C=CH/ST=Bern/L=Thun/O=Example AG/OU=Lab/CN=A  CA   with  spaces ',
  '/O=Müller & Söhne/CN=山田 CA/emailAddress=ca@example.com',
  '/DC=com/DC=example/UID=ada/serialNumber=4711/GN=Ada/SN=Lovelace/title=Dr/CN=UPPER lower',
  '/O=Two+OU=In one/CN=a\\/slash',
])('%s is written and hashed as OpenSSL does', (subject) => {
  const [key = '', certificate = ''] = scratchFiles({ key: '', certificate: '' })
  const request = ['req', '-x509', '-utf8', '-multivalue-rdn', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  openssl([...request, '-nodes', '-keyout', key, '-out', certificate, '-subj', subject, '-days', '1'])
  const [der = new Uint8Array()] = fromPem(openssl(['x509', '-in', certificate]).toString())
  const { subjectDer } = parseCertificate(der)
  const said = openssl(['x509', '-in', certificate, '-noout', '-subject', '-nameopt', 'compat']).toString()
  const hash = openssl(['x509', '-in', certificate, '-noout', '-subject_hash']).toString()
  expect(subjectHash(subjectDer)).toBe(hash.trim())
  // No issuer of ours has an RDN of two values, which X509_NAME_oneline writes as if they were two.
  if (!subject.includes('+')) expect(oneLineName(subjectDer)).toBe(said.replace(/^subject=(.*)\n$/, '$1'))
})
