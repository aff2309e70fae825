/** The request and the rules to try, and under them the verdict. */
'use client'

import { SubmitButton } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { Disclosure } from '@/app/_components/disclosure'
import { Choice, SelectField, TextArea, TextField } from '@/app/_components/field'
import { FormProblem } from '@/app/_components/form-problem'
import { Instant } from '@/app/_components/instant'
import { useAction } from '@/app/_components/use-action'
import { simulateRequest } from './actions'
import { Verdict } from './verdict'

interface SimulationFormProps {
  slug: string
  policy: string
  minRsaBits: number
  mayTryChallenges: boolean
  /** Whether the validator of the endpoint may be asked, if there is one. */
  mayAsk: boolean
  /** Judged instead of a pasted request. */
  recorded: { id: string; subject: string | null; createdAt: Date; sourceIp: string | null } | null
}

export function SimulationForm({ slug, policy, minRsaBits, mayTryChallenges, mayAsk, recorded }: SimulationFormProps) {
  const { state, pending, onSubmit, fieldError } = useAction(simulateRequest)
  return (
    <div className="grid gap-5 xl:grid-cols-2">
      <Card title="The request" className="self-start">
        {/* biome-ignore lint/a11y/useSemanticElements: <search> is not yet known to every screen reader. */}
        <form role="search" aria-label="What would happen" onSubmit={onSubmit} className="grid gap-4">
          <input type="hidden" name="slug" value={slug} />
          {recorded ? (
            <p>
              <input type="hidden" name="transaction" value={recorded.id} />
              The recorded enrolment of <strong>{recorded.subject ?? 'a device without a readable name'}</strong> from{' '}
              <Instant at={recorded.createdAt} />.
            </p>
          ) : (
            <TextArea
              name="csr"
              label="Certificate request"
              hint="As PEM. If it holds a challenge, that one is tried."
              placeholder="-----BEGIN CERTIFICATE REQUEST-----"
              rows={8}
              className="font-mono text-sm"
              error={fieldError('csr')}
              spellCheck={false}
            />
          )}
          {mayTryChallenges && (
            <TextField
              name="challenge"
              label="Challenge"
              hint="Tried instead of the one in the request, and not used up. Twenty tries in ten minutes at most."
              autoComplete="off"
              spellCheck={false}
              error={fieldError('challenge')}
            />
          )}
          <TextField
            name="subject"
            label="Or compare with this subject"
            hint="As if a challenge were bound to it, such as CN=tablet-7,O=Example."
            autoComplete="off"
            error={fieldError('subject')}
          />
          <Disclosure summary="How it arrives">
            <div className="grid items-start gap-4 sm:grid-cols-2">
              <TextField
                name="address"
                label="Source address"
                hint="What a static secret and the queue for approval look at."
                placeholder={recorded?.sourceIp ?? '10.20.0.7'}
                autoComplete="off"
                error={fieldError('address')}
              />
              <SelectField name="messageType" label="Kind of message">
                <option value="">{recorded ? 'As recorded' : 'As the signature says'}</option>
                <option value="PKCSReq">PKCSReq, an enrolment</option>
                <option value="RenewalReq">RenewalReq, a renewal</option>
              </SelectField>
              <div className="sm:col-span-2">
                <TextField
                  name="signedBy"
                  label="Signed by the certificate"
                  hint="Serial number of the certificate that the request is to renew."
                  className="font-mono"
                  autoComplete="off"
                  spellCheck={false}
                  error={fieldError('signedBy')}
                />
              </div>
            </div>
          </Disclosure>
          {mayAsk && !recorded && (
            <Choice
              name="askValidator"
              caution
              title="Really ask the validator"
              description="It hears a question as of a device, with the challenge. What that leads to over there is up to it."
            />
          )}
          <Disclosure summary="With other settings">
            <OtherSettings policy={policy} minRsaBits={minRsaBits} />
          </Disclosure>
          <FormProblem state={state} />
          <div className="flex justify-end">
            <SubmitButton pending={pending}>See what would happen</SubmitButton>
          </div>
        </form>
      </Card>
      <div className="min-w-0" aria-live="polite">
        {state.status === 'done' && <Verdict report={state.result} />}
      </div>
    </div>
  )
}

function OtherSettings({ policy, minRsaBits }: { policy: string; minRsaBits: number }) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField name="policy" label="Challenge policy">
        <option value="">As it is ({policy})</option>
        <option value="dynamic">One-time challenge</option>
        <option value="static">Static secret</option>
        <option value="approval">After approval</option>
        <option value="delegated">Decided elsewhere</option>
      </SelectField>
      <SelectField name="minRsaBits" label="Smallest RSA key">
        <option value="">As it is ({minRsaBits} bits)</option>
        <option value="2048">2048 bits</option>
        <option value="3072">3072 bits</option>
        <option value="4096">4096 bits</option>
      </SelectField>
      <SelectField name="usageOutsideProfile" label="Usages outside the profile">
        <option value="">As it is</option>
        <option value="drop">Left out</option>
        <option value="refuse">Refused</option>
      </SelectField>
      <SelectField name="signerKeyPolicy" label="Messages signed by another key">
        <option value="">As it is</option>
        <option value="allow_with_challenge">Allowed with a challenge</option>
        <option value="must_match_csr">Refused</option>
      </SelectField>
      <SelectField name="allowSha1" label="SHA-1">
        <option value="">As it is</option>
        <option value="yes">Allowed</option>
        <option value="no">Refused</option>
      </SelectField>
      <SelectField name="allow3des" label="3DES">
        <option value="">As it is</option>
        <option value="yes">Allowed</option>
        <option value="no">Refused</option>
      </SelectField>
    </div>
  )
}
