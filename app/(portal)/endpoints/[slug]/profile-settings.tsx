/** What the certificates of this endpoint are like. They hold for certificates made from now on. */
'use client'

import { Choice, SelectField, TextArea, TextField } from '@/app/_components/field'
import type { EndpointView } from '@/lib/services/groups'
import { SettingsSection } from './settings-section'

const CURVES = ['P-256', 'P-384', 'P-521']

export function ProfileSettings({ endpoint, mayChange }: { endpoint: EndpointView; mayChange: boolean }) {
  const { profile } = endpoint
  return (
    <SettingsSection section="profile" title="Certificate profile" slug={endpoint.slug} mayChange={mayChange}>
      {(fieldError) => (
        <>
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              label="Certificates live for, days"
              name="validityDays"
              type="number"
              inputMode="numeric"
              min={1}
              max={3650}
              defaultValue={profile.validityDays}
              hint="Never beyond the issuer's own end."
              error={fieldError('validityDays')}
              required
            />
            <TextField
              label="They begin before their making, minutes"
              name="backdateMinutes"
              type="number"
              inputMode="numeric"
              min={0}
              max={1440}
              defaultValue={profile.backdateMinutes}
              hint="For devices whose clocks are slow; up to a day."
              error={fieldError('backdateMinutes')}
              required
            />
          </div>
          <SelectField
            label="RSA keys from"
            name="minRsaBits"
            defaultValue={profile.minRsaBits}
            hint="Devices with smaller keys are refused."
            error={fieldError('minRsaBits')}
          >
            {[2048, 3072, 4096].map((bits) => (
              <option key={bits} value={bits}>
                {bits} bits
              </option>
            ))}
          </SelectField>
          <fieldset className="min-w-0">
            <legend className="mb-1.5 text-sm font-medium">Elliptic curve keys</legend>
            <div className="grid gap-2 sm:grid-cols-3">
              {CURVES.map((curve) => (
                <Choice
                  key={curve}
                  name="ellipticCurves[]"
                  value={curve}
                  defaultChecked={profile.ellipticCurves.includes(curve)}
                  title={curve}
                />
              ))}
            </div>
            <p className="mt-1.5 text-sm text-muted">
              {fieldError('ellipticCurves') ?? 'Few devices use them with SCEP: their messages still need an RSA key.'}
            </p>
          </fieldset>
          <TextArea
            label="Extended key usages"
            name="extendedKeyUsage"
            defaultValue={profile.extendedKeyUsage.join('\n')}
            hint="OIDs, one a line. Client authentication is 1.3.6.1.5.5.7.3.2, e-mail 1.3.6.1.5.5.7.3.4, TLS server 1.3.6.1.5.5.7.3.1."
            error={fieldError('extendedKeyUsage')}
            rows={2}
            spellCheck={false}
            className="font-mono text-sm"
            required
          />
        </>
      )}
    </SettingsSection>
  )
}
