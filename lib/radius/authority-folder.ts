/** The authorities that a RADIUS server trusts, as OpenSSL wants them in a folder: HASH.0 for certificates, HASH.r0 for CRLs. */
import { toPem } from '@/lib/pki/certificate'
import { subjectHash } from '@/lib/pki/openssl-name'
import type { ConfigFile } from './freeradius-config'

export interface TrustedAuthority {
  /** For people who look into the files. */
  name: string
  subjectDer: Uint8Array
  certificateDer: Uint8Array
  crl: { der: Uint8Array; url: string } | null
}

export const AUTHORITY_FOLDER = 'latchkey/authorities'

/** Two authorities of one name get .0 and .1, and their CRLs the same number. */
export function authorityFolder(authorities: readonly TrustedAuthority[]): ConfigFile[] {
  return numbered(authorities).flatMap(({ authority: { certificateDer, crl }, hash, number }) => [
    { path: `${AUTHORITY_FOLDER}/${hash}.${number}`, text: toPem(certificateDer), mode: 0o644 },
    ...(crl === null
      ? []
      : [{ path: `${AUTHORITY_FOLDER}/${hash}.r${number}`, text: toPem(crl.der, 'X509 CRL'), mode: 0o644 }]),
  ])
}

/**
 * Renews the CRLs in that folder. OpenSSL keeps what it has read and looks for the next number alone, so a new list gets
 * one, and is seen at the next login; now and then they are numbered anew. A list that cannot be fetched, or that none of
 * the authorities signed, changes nothing.
 */
export function refreshScript(authorities: readonly TrustedAuthority[]): ConfigFile {
  const urls = new Map<string, string[]>()
  for (const { authority, hash } of numbered(authorities))
    if (authority.crl !== null) urls.set(hash, [...(urls.get(hash) ?? []), `'${quoted(authority.crl.url)}'`])
  const calls = Array.from(urls, ([hash, lists]) => `refresh ${hash} ${lists.join(' ')}`)
  return { path: 'latchkey/refresh-crls', text: `${SCRIPT}\n${calls.join('\n')}\nexit $failed\n`, mode: 0o755 }
}

const SCRIPT = `#!/bin/sh
# Fetches the revocation lists of the issuers again. Run it every minute, from cron or a timer. Needs curl and openssl.
set -u
cd "$(dirname "$0")/authorities" || exit 1
work="$(mktemp -d ./.new-XXXXXX)" || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# How many lists of this name are numbered already.
count() {
	n=0
	while [ -e "$1.r$n" ]; do n=$((n + 1)); done
	echo $n
}

# Whether the same list is there.
known() {
	n=0
	while [ -e "$1.r$n" ]; do
		cmp -s "$2" "$1.r$n" && return 0
		n=$((n + 1))
	done
	return 1
}

signed() {
	for authority in "$1".[0-9]*; do
		openssl crl -in "$2" -noout -verify -CAfile "$authority" 2>&1 | grep -q '^verify OK' && return 0
	done
	return 1
}

# HASH URL...
refresh() {
	hash=$1
	shift
	lists=0
	complete=yes
	for url in "$@"; do
		new="$work/$hash.$lists"
		if curl --fail --silent --show-error --max-time 20 --output "$new.der" "$url" &&
			openssl crl -inform DER -in "$new.der" -out "$new" && signed "$hash" "$new"; then
			chmod 644 "$new"
			if ! known "$hash" "$new"; then
				cp -p "$new" "$work/next" && mv "$work/next" "$hash.r$(count "$hash")"
			fi
			lists=$((lists + 1))
		else
			complete=no
			failed=1
		fi
	done
	if [ "$complete" = yes ] && [ "$(count "$hash")" -gt $((lists + 20)) ]; then
		old=$(count "$hash")
		n=0
		while [ $n -lt $lists ]; do
			mv "$work/$hash.$n" "$hash.r$n"
			n=$((n + 1))
		done
		while [ $old -gt $lists ]; do
			old=$((old - 1))
			rm -f "$hash.r$old"
		done
	fi
}
`

function numbered(authorities: readonly TrustedAuthority[]) {
  const seen = new Map<string, number>()
  return authorities.map((authority) => {
    const hash = subjectHash(authority.subjectDer)
    const number = seen.get(hash) ?? 0
    seen.set(hash, number + 1)
    return { authority, hash, number }
  })
}

/** Within single quotes of a shell. */
function quoted(text: string): string {
  return text.replaceAll("'", "'\\''")
}
