/** How a device gets its certificate: commands of ordinary clients to paste, ready profiles, and our own client. */
'use client'

import { Tabs } from '@base-ui/react/tabs'
import type { SubjectAlternativeName } from '@/lib/services/challenges'
import { CommandBlock } from './command-block'
import {
  beyondCertmonger,
  beyondStrongswan,
  certmongerCommands,
  type DeviceToEnrol,
  enrolCommand,
  strongswanEnrolCommand,
  strongswanFetchCommand,
} from './device-commands'
import { TextLink } from './row-link'

const TAB =
  'h-8 rounded-md px-3 text-sm font-medium text-muted transition-colors hover:text-ink data-active:bg-surface data-active:text-ink data-active:shadow-card'

export function DeviceGuide({ device, profilesUrl }: { device: DeviceToEnrol; profilesUrl: string }) {
  const certmonger = certmongerCommands(device)
  return (
    <Tabs.Root defaultValue="strongswan">
      <Tabs.List
        aria-label="Client"
        className="mb-4 flex w-fit max-w-full flex-wrap gap-1 rounded-lg border border-line bg-sunken p-1"
      >
        <Tabs.Tab value="strongswan" className={TAB}>
          strongSwan
        </Tabs.Tab>
        <Tabs.Tab value="certmonger" className={TAB}>
          certmonger
        </Tabs.Tab>
        <Tabs.Tab value="profiles" className={TAB}>
          Profiles
        </Tabs.Tab>
        <Tabs.Tab value="latchkey" className={TAB}>
          Latchkey client
        </Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="strongswan" className="grid gap-4">
        <CommandBlock
          label="Fetch the CA certificates"
          command={strongswanFetchCommand(device)}
          note="From Debian's packages strongswan-pki, libstrongswan-standard-plugins, libstrongswan-extra-plugins and libcharon-extra-plugins. Compare the fingerprints it prints with those on the group's page."
        />
        <CommandBlock
          label="Make a key, enrol, verify"
          command={strongswanEnrolCommand(device)}
          {...leftOut('pki --scep', beyondStrongswan(device.san))}
        />
      </Tabs.Panel>
      <Tabs.Panel value="certmonger" className="grid gap-4">
        <CommandBlock
          label="Fetch the CA certificates, keep the challenge"
          command={certmonger.prepare}
          note="As root. Compare the fingerprint it prints with that of the issuer on the group's page."
        />
        <CommandBlock
          label="Enrol, and renew from then on"
          command={certmonger.enrol}
          note={
            leftOut('certmonger', beyondCertmonger(device.san)).note ??
            'certmonger knows no AES: the endpoint must accept 3DES.'
          }
        />
      </Tabs.Panel>
      <Tabs.Panel value="profiles" className="grid gap-2">
        <p>
          <TextLink href={profilesUrl}>Ready profiles of the endpoint</TextLink>
        </p>
        <p className="text-sm text-muted">
          For Apple, Windows, Intune, Android, ChromeOS and Linux, to download or to paste into an MDM. Where a profile
          names the challenge, put the one you minted.
        </p>
      </Tabs.Panel>
      <Tabs.Panel value="latchkey" className="grid gap-4">
        <CommandBlock
          label="Enrol a device"
          command={enrolCommand(device)}
          note="For whoever runs this Latchkey: in a folder with its source and Node. It says in plain words what each step answered, which helps where another client only fails."
        />
      </Tabs.Panel>
    </Tabs.Root>
  )
}

function leftOut(client: string, names: SubjectAlternativeName[]): { note?: string } {
  if (names.length === 0) return {}
  const said = names.map(({ type, value }) => `${type}:${value}`).join(', ')
  return { note: `${client} cannot ask for ${said}: use another client for this challenge.` }
}
