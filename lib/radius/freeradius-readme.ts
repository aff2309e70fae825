/** What to do with the generated files. */
import type { ConfigFile, FreeRadiusOptions } from './freeradius-config'

export function readme({
  checks,
  groups,
  portalUrl,
  onOutage,
}: Pick<FreeRadiusOptions, 'checks' | 'groups' | 'portalUrl' | 'onOutage'>): ConfigFile {
  const rest = checks.rest
    ? `
3. Make an API key with the role "RADIUS server" in Latchkey (Settings, API keys; or by
   npm run latchkey -- api-key create --name radius-1 --role radius) and put it into latchkey/api-key.conf:

     cp latchkey/api-key.conf.example latchkey/api-key.conf     # then edit it

   The server asks ${portalUrl}/api/v1/radius/authorize at each login.
`
    : `
3. Latchkey is not asked at logins. VLANs stand in sites-available/latchkey_check: take these files again when the
   network access of a group changes.
`
  const text = `FreeRADIUS 3.2 for ${groups.map(({ name }) => name).join(', ')}

Made by Latchkey. Unpack into FreeRADIUS's folder of configuration (Debian: /etc/freeradius/3.0) and run the rest there, as root.
On Debian and Ubuntu: apt-get install freeradius freeradius-rest curl

1. The certificate of this RADIUS server, with its chain, goes into latchkey/server.pem, its key into latchkey/server.key.
   Any authority that your devices trust will do; it needs the extended key usage serverAuth and its DNS name.

2. Your access points and switches, each with its secret:

     cp latchkey/clients.conf.example latchkey/clients.conf     # then edit it
${rest}
4. Switch it on:

     ln -s ../mods-available/latchkey_eap mods-enabled/
${checks.rest ? '     ln -s ../mods-available/latchkey_rest mods-enabled/\n' : ''}     ln -s ../sites-available/latchkey ../sites-available/latchkey_check sites-enabled/
     rm -f sites-enabled/default sites-enabled/inner-tunnel     # unless you use them for something else
     chown -R freerad:freerad latchkey mods-available/latchkey_* sites-available/latchkey*

5. Every minute, the revocation lists${checks.crl ? '' : ' (not looked at now, for CRL checks are off)'}:

     echo '* * * * * freerad /etc/freeradius/3.0/latchkey/refresh-crls' > /etc/cron.d/latchkey-crls

6. Look at it once with "freeradius -X", then "systemctl restart freeradius".

When a revocation list is stale or an OCSP responder does not answer, devices are ${onOutage === 'reject' ? 'kept out' : 'let in'}.${checks.rest ? ' When Latchkey does not\nanswer, they are kept out.' : ''}
`
  return { path: 'latchkey/README', text, mode: 0o644 }
}
