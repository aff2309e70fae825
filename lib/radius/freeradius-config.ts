/**
 * Configuration of FreeRADIUS 3.2 for EAP-TLS with certificates of ours: what the portal shows, what it offers to download
 * and what the tests run. Names of groups appear in comments alone: the server expands %{…} in much of the rest.
 */
import type { AccessAttributes } from './rest-answer'

export interface FreeRadiusChecks {
  /** Ask this portal at each login, which also gives the VLAN. */
  rest: boolean
  /** Look into the revocation lists in the folder of authorities. */
  crl: boolean
  /** Ask the OCSP responder at each login. */
  ocsp: boolean
}

export interface FreeRadiusOptions {
  checks: FreeRadiusChecks
  /** What happens when a revocation list is stale or the responder does not answer. The portal's own answer is never optional. */
  onOutage: 'reject' | 'accept'
  /** As RADIUS servers reach the portal, without a slash at its end. */
  portalUrl: string
  groups: FreeRadiusGroup[]
  /** The responder to ask where a certificate names none. */
  ocspUrl: string
}

export interface FreeRadiusGroup {
  name: string
  /** What its certificates get when the portal is not asked; null keeps them out. */
  access: AccessAttributes | null
  /** Subject key identifiers of its issuers, lower-case hex. */
  issuerKeyIds: string[]
}

export interface ConfigFile {
  /** Below FreeRADIUS's folder of configuration, such as /etc/freeradius/3.0. */
  path: string
  text: string
  mode: number
}

/** Everything but the authorities, in the order in which people read it. */
export function freeRadiusConfig(options: FreeRadiusOptions): ConfigFile[] {
  const file = (path: string, text: string, mode = 0o640) => ({ path, text, mode })
  return [
    file('mods-available/latchkey_eap', eapModule(options)),
    ...(options.checks.rest ? [file('mods-available/latchkey_rest', restModule(options))] : []),
    file('sites-available/latchkey_check', checkSite(options)),
    file('sites-available/latchkey', site()),
    file('latchkey/clients.conf.example', CLIENTS),
    ...(options.checks.rest ? [file('latchkey/api-key.conf.example', API_KEY)] : []),
  ]
}

function eapModule({ checks, onOutage, ocspUrl }: FreeRadiusOptions): string {
  const soft = onOutage === 'accept'
  return `# EAP-TLS for certificates of Latchkey.
eap latchkey_eap {
	default_eap_type = tls
	timer_expire = 60
	ignore_unknown_eap_types = no
	max_sessions = \${max_requests}

	tls-config latchkey_tls {
		# The certificate of this RADIUS server, with its chain, and its key: yours, see README.
		certificate_file = \${confdir}/latchkey/server.pem
		private_key_file = \${confdir}/latchkey/server.key

		# Only the issuers in this folder are believed. Their root is not: it would let in every group there is. As it is
		# not, an issuer that a device sends along is worth nothing, and the next setting is not needed. Set to "yes" it
		# rejects everybody in releases of 3.2 that take the device's own certificate for an unknown one, Debian 12's among them.
		ca_path = \${confdir}/latchkey/authorities
		reject_unknown_intermediate_ca = no
		auto_chain = no

		# Revocation lists lie in the same folder; latchkey/refresh-crls renews them.
		check_crl = ${checks.crl ? 'yes' : 'no'}
		check_all_crl = no
		allow_expired_crl = ${soft ? 'yes' : 'no'}
		# The shortest there is. New lists are seen sooner, for refresh-crls numbers them as OpenSSL looks for them.
		ca_path_reload_interval = 300

		tls_min_version = "1.2"
		tls_max_version = "1.2"
		cipher_list = "DEFAULT"
		ecdh_curve = ""
		# Larger pieces are lost where a firewall drops fragments.
		fragment_size = 1024

		# A resumed session would skip every check for its whole life.
		cache {
			enable = no
		}

		ocsp {
			enable = ${checks.ocsp ? 'yes' : 'no'}
			# As the certificate says; this one for certificates that name none.
			override_cert_url = no
			url = "${literal(ocspUrl)}"
			use_nonce = yes
			timeout = 3
			softfail = ${soft ? 'yes' : 'no'}
		}
	}

	tls {
		tls = latchkey_tls
		virtual_server = latchkey_check
	}
}
`
}

function restModule({ portalUrl }: FreeRadiusOptions): string {
  const url = literal(portalUrl)
  return `# Asks Latchkey whether the network lets a certificate in, and with what.
rest latchkey_rest {
	tls {
		# The authorities of this machine are trusted, unless you name others here.
#		ca_file = /etc/ssl/certs/ca-certificates.crt
		check_cert = yes
		check_cert_cn = yes
	}

	connect_uri = "${url}"
	connect_timeout = 2.0

	authorize {
		uri = "${url.replaceAll('%', '%%')}/api/v1/radius/authorize"
		method = "post"
		body = "json"
		# The user name is ignored; the password is an API key with the role radius.
		auth = "basic"
		username = "latchkey"
		$INCLUDE \${confdir}/latchkey/api-key.conf
		timeout = 3.0
		tls = \${..tls}
	}

	pool {
		# The server starts although Latchkey cannot be reached, and tries again at the next login.
		start = 0
		min = 0
		max = 32
		spare = 4
		uses = 0
		retry_delay = 1
		lifetime = 0
		idle_timeout = 30
	}
}
`
}

function checkSite(options: FreeRadiusOptions): string {
  return `# Runs once the TLS handshake of a device has succeeded. Rejects, unless something below says otherwise.
server latchkey_check {
	authorize {
		update control {
			&Auth-Type := Reject
		}
${options.checks.rest ? askPortal : accessByIssuer(options.groups)}	}
}
`
}

const askPortal = `
		# Every answer is looked at here: to FreeRADIUS, "not found" would be no reason to reject.
		latchkey_rest {
			fail = 1
			invalid = 1
			reject = 1
			userlock = 1
			notfound = 1
			noop = 1
		}
		if (ok || updated) {
			update control {
				&Auth-Type := Accept
			}
		}
		elsif (userlock) {
			# The body of a 403 is not read. Latchkey keeps the reason: see the readiness page of the group.
			update request {
				&Module-Failure-Message += "Latchkey: not in this place or at this hour, or the API key does not hold"
			}
		}
		else {
			# For the log of this server: why.
			update request {
				&Module-Failure-Message += "Latchkey: %{%{control:Tmp-String-0}:-no answer}"
			}
		}
`

/** Without the portal: by the key that signed, for a name could say anything. */
function accessByIssuer(groups: readonly FreeRadiusGroup[]): string {
  const lines = groups.flatMap(({ name, access, issuerKeyIds }) =>
    access === null
      ? [`\n		# ${comment(name)} has no network access.\n`]
      : issuerKeyIds.map((keyId) => {
          const pattern = keyId.toUpperCase().match(/../g)?.join(':') ?? ''
          return `
		# ${comment(name)}
		if (&TLS-Client-Cert-X509v3-Authority-Key-Identifier =~ /^(keyid:)?${pattern}/) {
			update control {
				&Auth-Type := Accept
			}
${replyOf(access)}		}
`
        }),
  )
  return lines.join('')
}

function replyOf({ vlan, filterId, class: name, sessionTimeoutSeconds: seconds }: AccessAttributes): string {
  const pairs = [
    ...(vlan === null
      ? []
      : ['&Tunnel-Type := VLAN', '&Tunnel-Medium-Type := IEEE-802', `&Tunnel-Private-Group-Id := '${vlan}'`]),
    ...(filterId === null ? [] : [`&Filter-Id := '${filterId}'`]),
    ...(name === null ? [] : [`&Class := '${name}'`]),
    ...(seconds === null ? [] : [`&Session-Timeout := ${seconds}`, '&Termination-Action := RADIUS-Request']),
  ]
  if (pairs.length === 0) return ''
  return `			update reply {\n${pairs.map((pair) => `				${pair}\n`).join('')}			}\n`
}

function site(): string {
  return `# Answers access points and switches. Take the site "default" out of sites-enabled, or let it call latchkey_eap instead.
server latchkey {
	listen {
		type = auth
		ipaddr = *
		port = 1812
		clients = latchkey
	}

	authorize {
		# Nothing but EAP: whatever else comes finds no way to log in.
		latchkey_eap {
			ok = return
		}
	}

	authenticate {
		latchkey_eap
	}

	post-auth {
		Post-Auth-Type REJECT {
			latchkey_eap
		}
	}
}

clients latchkey {
	$INCLUDE \${confdir}/latchkey/clients.conf
}
`
}

const CLIENTS = `# Copy to clients.conf: your access points and switches, each with a secret of its own.
client access_points {
	ipaddr = 192.0.2.0/24
	secret = CHANGE-THIS-TO-32-RANDOM-LETTERS
	require_message_authenticator = yes
}
`

const API_KEY = `# Copy to api-key.conf, readable for FreeRADIUS alone. Make the key under Settings, API keys, with the role "RADIUS server".
password = "PASTE-THE-KEY-HERE"
`

/** A text within double quotes, which the server reads with backslashes and \${…}. */
function literal(text: string): string {
  return text.replace(/[\\"$]/g, (sign) => (sign === '$' ? '%24' : `\\${sign}`))
}

/** One line of nothing but letters that a comment can hold. */
function comment(text: string): string {
  return text.replace(/[^\p{L}\p{N} ._-]/gu, '?')
}
