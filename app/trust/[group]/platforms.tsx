/** How each platform is told to trust the certificates: native disclosures, which open without a script. */
import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { Card } from '@/app/_components/card'
import { CommandBlock } from '@/app/_components/command-block'
import { TEXT_LINK } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import type { TrustPage } from '@/lib/services/trust'
import { TRUST_FILES } from '@/lib/services/trust-files'
import { trustCommands } from './trust-commands'

export function Platforms({ page }: { page: TrustPage }) {
  const { group, root, issuers } = page
  const issuer = issuers.find(({ standing }) => standing === 'issuer')
  const commands = trustCommands({ url: page.url, group, issuer: issuer !== undefined })
  const file = (name: string) => (
    <a href={`/trust/${group}/${name}`} className={TEXT_LINK}>
      {name}
    </a>
  )
  return (
    <Card
      title="Install them"
      description="On devices that a management system looks after, it does this for you."
      flush
    >
      <Platform name="Windows">
        <p>In a command prompt that runs as administrator, after you have compared the fingerprint it shows:</p>
        <CommandBlock label="Fetch and look" command={commands.windowsFetch} />
        <CommandBlock
          label="Trust for the whole computer"
          command={commands.windowsTrust}
          note="For yourself alone, without an administrator, write certutil -user -addstore instead."
        />
      </Platform>
      <Platform name="iPhone and iPad">
        <Steps>
          <li>Open this page in Safari, and download {file(TRUST_FILES.appleProfile)}.</li>
          <li>In Settings, open the downloaded profile (General › VPN &amp; Device Management) and install it.</li>
          <li>
            For web sites besides networks, switch the root on under General › About › Certificate Trust Settings.
          </li>
        </Steps>
        <p>The profile is not signed, and says so. It holds certificates and nothing else.</p>
      </Platform>
      <Platform name="Mac">
        <Steps>
          <li>Download {file(TRUST_FILES.appleProfile)} and open it.</li>
          <li>
            Install it in System Settings, under General › Device Management; before macOS 15, under Privacy &amp;
            Security › Profiles.
          </li>
        </Steps>
        <CommandBlock label="Or in a terminal" command={commands.mac} />
      </Platform>
      <Platform name="Android">
        <Steps>
          <li>Download {file(TRUST_FILES.rootDer)}.</li>
          <li>
            In Settings, search for “CA certificate” (under Security, Encryption &amp; credentials, Install a
            certificate) and choose the file. For Wi-Fi alone, choose “Wi-Fi certificate” there.
          </li>
          <li>In the Wi-Fi network, choose this CA, and enter the domain of the RADIUS server.</li>
        </Steps>
        <p>
          Names of the menus differ between makers. Only apps that allow certificates of yours use it beside networks.
        </p>
      </Platform>
      <Platform name="ChromeOS">
        <Steps>
          <li>Download {file(TRUST_FILES.rootPem)}.</li>
          <li>Open chrome://certificate-manager, and import it under Custom as a trusted certificate.</li>
        </Steps>
        <p>For managed devices, upload the PEM in the Google Admin console under Devices › Networks › Certificates.</p>
      </Platform>
      <Platform name="Debian and Ubuntu">
        <CommandBlock label="Trust for the whole system" command={commands.debian} />
      </Platform>
      <Platform name="Fedora and Red Hat">
        <CommandBlock label="Trust for the whole system" command={commands.fedora} />
      </Platform>
      <Platform name="NetworkManager">
        <CommandBlock
          label="Check the RADIUS server of one network"
          command={commands.networkManager}
          note="Put in the name of the network and the domain of the RADIUS server: without the domain, whoever holds any certificate of this root could pose as that server."
        />
      </Platform>
      <Platform name="Firefox">
        <Steps>
          <li>Download {file(TRUST_FILES.rootPem)}.</li>
          <li>In Settings › Privacy &amp; Security › View Certificates › Authorities, choose Import.</li>
          <li>Tick “Trust this CA to identify websites”.</li>
        </Steps>
        <p>On Windows and Mac, Firefox also believes what the system trusts.</p>
      </Platform>
      <Platform name="RADIUS servers">
        <p>
          Give the server {file(TRUST_FILES.chainPem)} as the CAs of its clients (FreeRADIUS: ca_file in the tls-config
          of the eap module), and check revocation: CRL addresses are in each certificate.
        </p>
        <p>
          The root vouches for every group. To let in this one alone, compare the issuer of the device’s certificate
          {issuer ? (
            <>
              {' '}
              with{' '}
              <code className="font-mono text-sm wrap-anywhere">
                <VisibleText>{issuer.subject}</VisibleText>
              </code>
            </>
          ) : (
            ' as well'
          )}
          .
        </p>
      </Platform>
      <Platform name="Compare on the command line">
        <CommandBlock label="Fingerprint of the root, with openssl" command={commands.compare} />
        <p className="wrap-anywhere">
          It must print the SHA-256 fingerprint of <VisibleText>{root.name}</VisibleText> that your administrator gave
          you.
        </p>
      </Platform>
    </Card>
  )
}

function Platform({ name, children }: { name: string; children: ReactNode }) {
  return (
    <details className="group border-t border-line first:border-t-0">
      <summary className="flex list-none items-center gap-2 px-4 py-3 font-medium hover:bg-hover sm:px-5">
        <ChevronRight className="size-4 text-muted transition-transform group-open:rotate-90" aria-hidden />
        <h3>{name}</h3>
      </summary>
      <div className="grid gap-3 px-4 pb-4 sm:pr-5 sm:pl-11">{children}</div>
    </details>
  )
}

function Steps({ children }: { children: ReactNode }) {
  return <ol className="grid list-decimal gap-1.5 pl-5">{children}</ol>
}
