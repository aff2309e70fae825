/** Authorities as openssl makes them, for tests: keys, certificates and PKCS#12 files in a folder that goes again. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface OpensslFolder {
  run(...args: string[]): Buffer
  read(name: string): Buffer
  write(name: string, bytes: Uint8Array | string): string
  path(name: string): string
  /** A self-signed authority: NAME.key and NAME.crt. */
  root(
    name: string,
    options?: { key?: string[]; subject?: string; days?: number; extensions?: string[]; digest?: string },
  ): void
  /** An authority signed by another: NAME.key and NAME.crt. */
  issuer(
    name: string,
    by: string,
    options?: { key?: string[]; subject?: string; days?: number; extensions?: string[] },
  ): void
  /** Signs a request of somebody else: DER in, NAME.crt out. */
  sign(name: string, by: string, csr: Uint8Array, options?: { days?: number; extensions?: string[] }): Buffer
  der(name: string): Uint8Array
  pkcs12(name: string, password: string, options?: { chain?: string[]; args?: string[] }): Buffer
  /** A revocation list of this root, PEM. */
  crl(by: string, options: { number: number; revoked?: string[]; days?: number; extensions?: string[] }): Buffer
  remove(): void
}

export const ROOT_EXTENSIONS = [
  'basicConstraints=critical,CA:TRUE',
  'keyUsage=critical,keyCertSign,cRLSign',
  'subjectKeyIdentifier=hash',
]
export const ISSUER_EXTENSIONS = [
  'basicConstraints=critical,CA:TRUE,pathlen:0',
  'keyUsage=critical,keyCertSign,cRLSign',
  'subjectKeyIdentifier=hash',
  'authorityKeyIdentifier=keyid',
]
export const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
export const RSA3072 = ['-newkey', 'rsa:3072']

export function opensslFolder(): OpensslFolder {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-openssl-'))
  const path = (name: string) => join(folder, name)
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const read = (name: string) => readFileSync(path(name))
  const write = (name: string, bytes: Uint8Array | string) => {
    writeFileSync(path(name), bytes)
    return path(name)
  }
  const extensionFile = (name: string, extensions: string[]) => write(`${name}.ext`, `${extensions.join('\n')}\n`)
  const sign = (name: string, by: string, days: number, extensions: string[]) =>
    run(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', `${by}.crt`, '-CAkey', `${by}.key`, '-out', `${name}.crt`],
      ...[
        '-days',
        String(days),
        '-set_serial',
        `0x${name.length + 10}${Buffer.from(name).toString('hex').slice(0, 20)}`,
      ],
      ...['-extfile', extensionFile(name, extensions)],
    )
  return {
    run,
    read,
    write,
    path,
    root(
      name,
      {
        key = P256,
        subject = `/O=Example/CN=${name}`,
        days = 3650,
        extensions = ROOT_EXTENSIONS,
        digest = '-sha256',
      } = {},
    ) {
      run(
        ...['req', '-x509', ...key, '-nodes', '-subj', subject, '-days', String(days), digest],
        ...[
          '-keyout',
          `${name}.key`,
          '-out',
          `${name}.crt`,
          '-config',
          write('empty.cnf', '[req]\ndistinguished_name=dn\n[dn]\n'),
        ],
        ...extensions.flatMap((extension) => ['-addext', extension]),
      )
    },
    issuer(
      name,
      by,
      { key = P256, subject = `/O=Example/CN=${name}`, days = 1825, extensions = ISSUER_EXTENSIONS } = {},
    ) {
      run(
        ...['req', '-new', ...key, '-nodes', '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`],
        ...['-config', write('empty.cnf', '[req]\ndistinguished_name=dn\n[dn]\n')],
      )
      sign(name, by, days, extensions)
    },
    sign(name, by, csr, { days = 1825, extensions = ISSUER_EXTENSIONS } = {}) {
      write(`${name}.csr.der`, csr)
      run('req', '-inform', 'DER', '-in', `${name}.csr.der`, '-out', `${name}.csr`, '-verify')
      sign(name, by, days, extensions)
      return read(`${name}.crt`)
    },
    der: (name) => new Uint8Array(run('x509', '-in', `${name}.crt`, '-outform', 'DER')),
    pkcs12(name, password, { chain = [], args = [] } = {}) {
      const chainFile = write('chain.pem', Buffer.concat(chain.map((each) => read(`${each}.crt`))))
      run(
        ...[
          'pkcs12',
          '-export',
          '-inkey',
          `${name}.key`,
          '-in',
          `${name}.crt`,
          '-out',
          `${name}.p12`,
          '-passout',
          `pass:${password}`,
        ],
        ...(chain.length > 0 ? ['-certfile', chainFile] : []),
        ...args,
      )
      return read(`${name}.p12`)
    },
    crl(by, { number, revoked = [], days = 180, extensions = [] }) {
      write('index.txt', '')
      write('index.txt.attr', 'unique_subject = no\n')
      write(
        'crlnumber',
        number
          .toString(16)
          .padStart(2, '0')
          .padStart(number > 255 ? 4 : 2, '0'),
      )
      const config = write(
        'ca.cnf',
        `[ca]\ndefault_ca=this\n[this]\ndatabase=index.txt\ncrlnumber=crlnumber\ndefault_md=sha256\n` +
          `crl_extensions=list\n[list]\n${['authorityKeyIdentifier=keyid', ...extensions].join('\n')}\n`,
      )
      const ca = ['ca', '-config', config, '-cert', `${by}.crt`, '-keyfile', `${by}.key`]
      for (const name of revoked) run(...ca, '-revoke', `${name}.crt`, '-crl_reason', 'CACompromise')
      run(...ca, '-gencrl', '-crldays', String(days), '-out', `${by}.crl`)
      return read(`${by}.crl`)
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
