/** What shall stand in the profiles. The form sends itself into the URL, so that a page of profiles can be shared. */
import { Button } from '@/app/_components/button'
import { SelectField, TextField } from '@/app/_components/field'
import type { ProfileFaults } from '@/lib/services/mdm-profile-choices'
import { DIALECT_TITLES, NAMED_BY_TITLES } from '@/lib/services/mdm-profile-names'
import { MDM_DIALECTS, NAMED_BY, type Platform } from '@/lib/services/mdm-profile-types'
import type { ProfileParameters } from './profile-wishes'

interface ChoicesFormProps {
  platform: Platform
  parameters: ProfileParameters
  /** The one that the profiles name now. */
  ssid: string
  ssids: readonly string[]
  faults: ProfileFaults
}

export function ChoicesForm({ platform, parameters, ssid, ssids, faults }: ChoicesFormProps) {
  return (
    <form method="get" className="grid gap-4" aria-label="What shall stand in the profiles">
      <div className="grid items-start gap-4 sm:grid-cols-2 lg:grid-cols-3">
        <SelectField
          name="mdm"
          label="MDM for Apple devices"
          hint="Fills in the names. Intune and Google have their own below."
          defaultValue={parameters.mdm ?? 'none'}
          error={faults.mdm}
        >
          {MDM_DIALECTS.map((mdm) => (
            <option key={mdm} value={mdm}>
              {DIALECT_TITLES[mdm]}
            </option>
          ))}
        </SelectField>
        <SelectField
          name="namedBy"
          label="A device is called by its"
          defaultValue={parameters.namedBy ?? 'serial'}
          error={faults.namedBy}
        >
          {NAMED_BY.map((namedBy) => (
            <option key={namedBy} value={namedBy}>
              {NAMED_BY_TITLES[namedBy]}
            </option>
          ))}
        </SelectField>
        <TextField
          name="subject"
          label="Subject instead of that"
          hint="May hold variables of the MDM."
          placeholder="CN=$UDID,O=Example"
          defaultValue={parameters.subject ?? ''}
          error={faults.subject}
          autoComplete="off"
          maxLength={300}
        />
        <TextField
          name="ssid"
          label="Wireless network"
          hint="Its SSID. Empty: certificates only."
          list="ssids"
          defaultValue={parameters.ssid ?? ssid}
          error={faults.ssid}
          autoComplete="off"
          maxLength={64}
        />
        <datalist id="ssids">
          {ssids.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <TextField
          name="radius"
          label="RADIUS servers"
          hint="Names in their certificates, with commas between."
          placeholder="radius.example.com"
          defaultValue={parameters.radius ?? ''}
          error={faults.radius}
          autoComplete="off"
          maxLength={300}
        />
      </div>
      <div className="flex justify-end">
        <input type="hidden" name="chosen" value="yes" />
        <input type="hidden" name="platform" value={platform} />
        <Button type="submit" variant="primary">
          Fill in
        </Button>
      </div>
    </form>
  )
}
