/** How a device gets its certificate: our own client, or strongSwan's, as tabs of commands to paste. */
'use client'

import { Tabs } from '@base-ui/react/tabs'
import { CommandBlock } from './command-block'
import {
  beyondStrongswan,
  type DeviceToEnrol,
  enrolCommand,
  strongswanEnrolCommand,
  strongswanFetchCommand,
} from './device-commands'

const TAB =
  'h-8 rounded-md px-3 text-sm font-medium text-muted transition-colors hover:text-ink data-active:bg-surface data-active:text-ink data-active:shadow-card'

export function DeviceGuide({ device }: { device: DeviceToEnrol }) {
  const left = beyondStrongswan(device.san)
  return (
    <Tabs.Root defaultValue="latchkey">
      <Tabs.List aria-label="Client" className="mb-4 inline-flex gap-1 rounded-lg border border-line bg-sunken p-1">
        <Tabs.Tab value="latchkey" className={TAB}>
          Latchkey client
        </Tabs.Tab>
        <Tabs.Tab value="strongswan" className={TAB}>
          strongSwan
        </Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="latchkey" className="grid gap-4">
        <CommandBlock
          label="Enrol a device"
          command={enrolCommand(device)}
          note="Runs in a copy of this repository, needs nothing but Node, and says in plain words what each step answered."
        />
      </Tabs.Panel>
      <Tabs.Panel value="strongswan" className="grid gap-4">
        <CommandBlock
          label="Fetch the CA certificates"
          command={strongswanFetchCommand(device)}
          note="From Debian's packages strongswan-pki, libstrongswan-standard-plugins, libstrongswan-extra-plugins and libcharon-extra-plugins. Compare the fingerprints it prints with those on the group's page."
        />
        <CommandBlock
          label="Make a key, enrol, verify"
          command={strongswanEnrolCommand(device)}
          {...(left.length > 0
            ? {
                note: `pki --scep cannot ask for ${left.map(({ type, value }) => `${type}:${value}`).join(', ')}: use the Latchkey client for this challenge.`,
              }
            : {})}
        />
      </Tabs.Panel>
    </Tabs.Root>
  )
}
