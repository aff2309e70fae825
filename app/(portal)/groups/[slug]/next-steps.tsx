/** From here to a certificate on a device, in three steps. */
import { KeyRound } from 'lucide-react'
import type { ReactNode } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { DeviceGuide } from '@/app/_components/device-guide'
import { TEXT_LINK, TextLink } from '@/app/_components/row-link'
import type { AuthorityView, EndpointView } from '@/lib/services/groups'

interface NextStepsProps {
  endpoint: EndpointView
  issuer: AuthorityView
  rootUrl: string
  mayMint: boolean
  /** Where it is, while it is on. */
  trustPage: string | null
}

export function NextSteps({ endpoint, issuer, rootUrl, mayMint, trustPage }: NextStepsProps) {
  const { slug, scepUrl, enabled, includeRoot } = endpoint
  return (
    <Card title="Enrol a device" className="self-start">
      <ol className="grid gap-7">
        <Step number={1} title="Mint a challenge for it">
          {enabled ? (
            <>
              <p className="text-muted">
                A one-time password bound to the name of the device. With it, the commands below come filled in.
              </p>
              {mayMint && (
                <ButtonLink href={`/challenges/new?endpoint=${slug}`} size="small" className="mt-3">
                  <KeyRound aria-hidden />
                  Mint a challenge
                </ButtonLink>
              )}
            </>
          ) : (
            <p className="text-muted">
              Its <TextLink href={`/endpoints/${slug}`}>endpoint</TextLink> is switched off: no device can enrol until
              it is on again.
            </p>
          )}
        </Step>
        <Step number={2} title="Run this on the device">
          <div className="mt-3">
            <DeviceGuide
              profilesUrl={`/endpoints/${slug}/profiles`}
              device={{
                scepUrl,
                challenge: null,
                subject: 'CN=tablet-7',
                san: [],
                includeRoot,
                rootUrl,
                issuerUrl: issuer.caUrl,
                issuerFingerprint: issuer.fingerprintSha256,
              }}
            />
          </div>
        </Step>
        <Step number={3} title="See it here">
          <p className="text-muted">
            The certificate is in the list below at once. If the device was refused,{' '}
            <TextLink href="/enrolments">Enrolments</TextLink> says why.
          </p>
          {trustPage && (
            <p className="mt-2 text-muted">
              Servers that shall let it in need root and issuer: give their administrators the{' '}
              <a href={trustPage} className={TEXT_LINK}>
                trust page
              </a>
              .
            </p>
          )}
        </Step>
      </ol>
    </Card>
  )
}

function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3">
      <span
        className="grid size-6 place-items-center rounded-full border border-edge text-sm font-semibold text-muted"
        aria-hidden
      >
        {number}
      </span>
      <div className="min-w-0">
        <h3 className="font-medium leading-6">{title}</h3>
        {children}
      </div>
    </li>
  )
}
