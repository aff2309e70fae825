/** Commands that make a system trust the certificates of a trust page, ready to paste. */

interface Trust {
  /** Of the page, without a slash at the end. */
  url: string
  group: string
  /** Whether there is an issuer beside the root. */
  issuer: boolean
}

export function trustCommands({ url, group, issuer }: Trust) {
  const lines = (...all: (string | false)[]) => all.filter(Boolean).join('\n')
  const fetch = `curl -fsSO ${url}/root.pem`
  return {
    windowsFetch: lines(
      `curl -fsSO ${url}/root.cer`,
      issuer && `curl -fsSO ${url}/issuer.cer`,
      'certutil -hashfile root.cer SHA256',
    ),
    windowsTrust: lines('certutil -addstore -f Root root.cer', issuer && 'certutil -addstore -f CA issuer.cer'),
    mac: lines(fetch, 'sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain root.pem'),
    debian: lines(
      fetch,
      `sudo install -m 644 root.pem /usr/local/share/ca-certificates/${group}-root.crt`,
      'sudo update-ca-certificates',
    ),
    fedora: lines(
      fetch,
      `sudo install -m 644 root.pem /etc/pki/ca-trust/source/anchors/${group}-root.pem`,
      'sudo update-ca-trust',
    ),
    networkManager: lines(
      fetch,
      `sudo install -D -m 644 root.pem /etc/ssl/latchkey/${group}-root.pem`,
      `nmcli connection modify "NAME OF THE NETWORK" 802-1x.ca-cert /etc/ssl/latchkey/${group}-root.pem 802-1x.domain-suffix-match radius.example.com`,
    ),
    compare: lines(fetch, 'openssl x509 -in root.pem -noout -fingerprint -sha256'),
  }
}
