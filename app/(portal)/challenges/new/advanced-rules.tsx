/** What few challenges need: another form of the value, and what the request must be like beyond its names. */
'use client'

import { Disclosure } from '@/app/_components/disclosure'
import { SelectField, TextField } from '@/app/_components/field'
import { MINTED_FORMATS } from '@/app/_components/name-of-format'

export function AdvancedRules({ fieldError }: { fieldError(field: string): string | undefined }) {
  return (
    <Disclosure summary="Advanced: format, key, device, validity">
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <SelectField label="Format" name="format" defaultValue="" error={fieldError('format')}>
          <option value="">As the endpoint says</option>
          {Object.entries(MINTED_FORMATS).map(([format, text]) => (
            <option key={format} value={format}>
              {text}
            </option>
          ))}
        </SelectField>
        <SelectField label="Kind of request" name="messageType" defaultValue="" error={fieldError('messageTypes')}>
          <option value="">First enrolment or renewal</option>
          <option value="PKCSReq">First enrolment only</option>
          <option value="RenewalReq">Renewal only</option>
        </SelectField>
        <SelectField label="Compare the subject" name="subjectMode" defaultValue="" error={fieldError('subjectMode')}>
          <option value="">Exactly, in this order</option>
          <option value="template">In any order, with added parts</option>
        </SelectField>
        <TextField
          label="Parts the request may add"
          name="extraSubjectParts"
          placeholder="OU, SERIALNUMBER"
          hint="Only with the subject in any order."
          error={fieldError('extraSubjectParts')}
          autoComplete="off"
          spellCheck={false}
        />
        <SelectField label="Alternative names" name="sanMode" defaultValue="" error={fieldError('sanMode')}>
          <option value="">The request may leave some out</option>
          <option value="exact">The request must ask for all</option>
        </SelectField>
        <SelectField label="Key" name="keyAlgorithm" defaultValue="" error={fieldError('keyAlgorithms')}>
          <option value="">As the profile allows</option>
          <option value="RSA">RSA</option>
          <option value="EC">Elliptic curve</option>
          <option value="Ed25519">Ed25519</option>
        </SelectField>
        <TextField
          label="Smallest RSA key, bits"
          name="minRsaBits"
          type="number"
          inputMode="numeric"
          min={2048}
          max={8192}
          error={fieldError('minRsaBits')}
        />
        <TextField
          label="Longest validity, days"
          name="maxValidityDays"
          type="number"
          inputMode="numeric"
          min={1}
          max={3650}
          error={fieldError('maxValidityDays')}
        />
        <TextField
          label="Serial number of the device"
          name="deviceSerial"
          hint="At most ten challenges wait for one device."
          error={fieldError('deviceSerial')}
          maxLength={128}
          autoComplete="off"
          spellCheck={false}
        />
        <TextField
          label="Id of the device (UDID)"
          name="deviceUdid"
          error={fieldError('deviceUdid')}
          maxLength={128}
          autoComplete="off"
          spellCheck={false}
        />
        <div className="sm:col-span-2">
          <TextField
            label="This public key alone"
            name="spkiSha256"
            placeholder="SHA-256 of its SubjectPublicKeyInfo, in hex"
            error={fieldError('spkiSha256')}
            maxLength={128}
            autoComplete="off"
            spellCheck={false}
          />
        </div>
      </div>
    </Disclosure>
  )
}
