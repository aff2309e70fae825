/** Ready configuration for FreeRADIUS: what it shall check, the files, and the way to take them along. */
import { Download } from 'lucide-react'
import { Button, ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { CommandBlock } from '@/app/_components/command-block'
import { CopyButton } from '@/app/_components/copy-button'
import { Disclosure } from '@/app/_components/disclosure'
import { Choice } from '@/app/_components/field'
import { Preformatted } from '@/app/_components/preformatted'
import type { ConfigurationRequest } from '@/lib/services/radius-configuration'
import { withConfiguration } from './configuration-choices'

interface ConfigurationCardProps {
  group: string
  request: ConfigurationRequest
  files: { path: string; text: string }[]
  otherGroups: { slug: string; name: string }[]
}

export function ConfigurationCard({ group, request, files, otherGroups }: ConfigurationCardProps) {
  const { checks, onOutage, groups } = request
  const shown = files.filter(({ path }) => !path.startsWith('latchkey/authorities/'))
  return (
    <Card
      title="FreeRADIUS 3.2"
      description="Modules, sites and the issuers by their hashed names, with their revocation lists. No secret is in them."
      action={
        <ButtonLink href={withConfiguration(`/groups/${group}/radius/download`, request)} variant="primary">
          <Download aria-hidden />
          Download tar.gz
        </ButtonLink>
      }
    >
      <div className="grid gap-5">
        <form className="grid gap-3" method="get">
          <fieldset className="grid gap-2 sm:grid-cols-3">
            <legend className="mb-1.5 text-sm font-medium">At each login</legend>
            <Choice
              name="rest"
              value="yes"
              defaultChecked={checks.rest}
              title="Ask this portal"
              description="Revocation at once, and the VLAN of the group."
            />
            <Choice
              name="crl"
              value="yes"
              defaultChecked={checks.crl}
              title="Revocation lists"
              description="Still known when this portal cannot be reached."
            />
            <Choice
              name="ocsp"
              value="yes"
              defaultChecked={checks.ocsp}
              title="OCSP"
              description="For servers that may not ask the portal."
            />
          </fieldset>
          <Choice
            name="outage"
            value="accept"
            caution
            defaultChecked={onOutage === 'accept'}
            title="Let devices in when a list is stale or the responder is away"
            description="Soft fail. Off, nobody gets in then. The portal's own answer is never done without."
          />
          {otherGroups.length > 0 && (
            <fieldset className="grid gap-2 sm:grid-cols-3">
              <legend className="mb-1.5 text-sm font-medium">Let in by the same server</legend>
              {otherGroups.map(({ slug, name }) => (
                <Choice key={slug} name="also" value={slug} defaultChecked={groups.includes(slug)} title={name} />
              ))}
            </fieldset>
          )}
          <div className="flex justify-end">
            <input type="hidden" name="chosen" value="yes" />
            <Button type="submit">Show these files</Button>
          </div>
        </form>
        <div className="grid gap-2">
          {shown.map(({ path, text }) => (
            <Disclosure key={path} summary={<span className="font-mono text-sm break-all">{path}</span>}>
              <div className="grid gap-2">
                <div className="flex justify-end">
                  <CopyButton value={text} what={path} wide />
                </div>
                <Preformatted small>{text}</Preformatted>
              </div>
            </Disclosure>
          ))}
        </div>
        <div className="grid gap-2 text-sm text-muted">
          <p>
            Only the issuers of the chosen groups are trusted. A server that trusts the root instead lets in every group
            there is, for a device sends the rest of its chain along.
          </p>
        </div>
        <CommandBlock label="The same by command" command={commandOf(request)} />
      </div>
    </Card>
  )
}

function commandOf({ groups, checks, onOutage }: ConfigurationRequest): string {
  const switches = [
    ...groups.map((slug) => `--group ${slug}`),
    ...(checks.rest ? [] : ['--no-rest']),
    ...(checks.crl ? [] : ['--no-crl']),
    ...(checks.ocsp ? ['--ocsp'] : []),
    ...(onOutage === 'accept' ? ['--accept-on-outage'] : []),
  ]
  return `npm run latchkey -- radius config ${switches.join(' ')} --out ./freeradius`
}
