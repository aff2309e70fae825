/** How a device gets its next certificate. */
'use client'

import { Choice, SelectField, TextField } from '@/app/_components/field'
import type { EndpointView } from '@/lib/services/groups'
import { SettingsSection } from './settings-section'

export function RenewalSettings({ endpoint, mayChange }: { endpoint: EndpointView; mayChange: boolean }) {
  return (
    <SettingsSection section="renewal" title="Renewal" slug={endpoint.slug} mayChange={mayChange}>
      {(fieldError) => (
        <>
          <Choice
            name="renewal"
            defaultChecked={endpoint.renewal}
            title="Devices renew by their certificate"
            description="No challenge is needed. Off: each device has to enrol anew before its certificate ends."
          />
          <Choice
            name="renewalByPkcsReq"
            defaultChecked={endpoint.renewalByPkcsReq}
            title="Take the old form of renewal too"
            description="sscep, certmonger and macOS send an enrolment request that their certificate signs."
          />
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              label="Renewal opens, days before the end"
              name="renewalWindowDays"
              inputMode="numeric"
              defaultValue={endpoint.renewalWindowDays ?? ''}
              placeholder="Last third, 30 at most"
              hint="Too short, and devices that are rarely on miss it."
              error={fieldError('renewalWindowDays')}
            />
            <TextField
              label="Revoke the old one after, hours"
              name="supersedeAfterHours"
              inputMode="numeric"
              defaultValue={endpoint.supersedeAfterHours ?? ''}
              placeholder="Never"
              hint="SCEP has no receipt: leave time for the new one to arrive."
              error={fieldError('supersedeAfterHours')}
            />
          </div>
          <SelectField
            label="A challenge in a renewal"
            name="renewalChallenge"
            defaultValue={endpoint.renewalChallenge}
            hint="Some devices send their first one again, long spent."
            error={fieldError('renewalChallenge')}
          >
            <option value="optional">is a way back when the certificate does not do</option>
            <option value="required">must be there and valid</option>
            <option value="ignored">is not looked at</option>
          </SelectField>
        </>
      )}
    </SettingsSection>
  )
}
