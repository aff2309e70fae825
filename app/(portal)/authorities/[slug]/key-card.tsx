/** Where a root's key is, and the way out of this installation and back. */
import { Download } from 'lucide-react'
import { buttonClass } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { Disclosure } from '@/app/_components/disclosure'
import type { AuthorityView } from '@/lib/services/groups'
import { bringBack, chooseForNewIssuers, takeOffline } from '../actions'
import { FileForm } from './file-form'

interface KeyCardProps {
  authority: AuthorityView
  /** New issuers are made under it. */
  chosen: boolean
  mayManage: boolean
}

const WHERE = {
  here: 'In the signer, encrypted. It signs issuers and revocation lists whenever they are needed.',
  offline:
    'In a file that you keep. Nothing is signed with it here: no issuer, no revocation list, no OCSP responder. Bring it back before its list ends, or when an issuer is to be made or revoked.',
  elsewhere:
    'Elsewhere; it never was here. Issuers are signed there: make a request, have it signed, bring the certificate. Revocation lists come from there too.',
} as const

export function KeyCard({ authority, chosen, mayManage }: KeyCardProps) {
  const { key, slug, name, status } = authority
  return (
    <Card
      title="Its key"
      action={
        mayManage &&
        key === 'here' &&
        status === 'active' &&
        !chosen && (
          <ConfirmAction
            action={chooseForNewIssuers}
            values={{ slug }}
            label="Use for new issuers"
            variant="secondary"
            size="small"
            title={`Make new issuers under ${name}?`}
            confirm="Use this root"
            done="New issuers are made under this root"
            harmless
          >
            <p>
              New groups, and the next issuers of groups, get their certificate from it. Relying parties must trust it.
              Issuers that there are stay under their root.
            </p>
          </ConfirmAction>
        )
      }
    >
      <div className="grid gap-5">
        <p className="max-w-prose">{WHERE[key]}</p>
        {mayManage && key === 'here' && (
          <div className="grid gap-4 border-t border-line pt-4">
            <div className="grid gap-1">
              <h3 className="font-medium">Take it offline</h3>
              <p className="max-w-prose text-sm text-muted">
                Fetch the key as a sealed file: it opens with the key-encryption key (KEK) of this installation alone,
                so keep both, in different places. Then show the file, to prove that you have it; the key is wiped here.
                Backups of the database from before still hold it, encrypted.
              </p>
            </div>
            <div>
              <a href={`/authorities/${slug}/sealed-key`} download className={buttonClass('secondary', 'small')}>
                <Download aria-hidden />
                Fetch sealed key
              </a>
            </div>
            <FileForm
              action={takeOffline}
              slug={slug}
              label="Sealed key"
              accept=".json"
              submit="Wipe the key here"
              done="Key taken offline"
              danger
            />
          </div>
        )}
        {mayManage && key === 'offline' && (
          <div className="grid gap-4 border-t border-line pt-4">
            <FileForm
              action={bringBack}
              slug={slug}
              label="Sealed key"
              accept=".json"
              submit="Bring the key back"
              done="Key is back"
            />
            <Disclosure summary="Taking it offline was interrupted">
              <div className="grid gap-4">
                <p className="max-w-prose text-sm text-muted">
                  If an error was shown then, the key may still lie here, encrypted and unused. Show the same file once
                  more; where the key is wiped already, that does no harm.
                </p>
                <FileForm
                  action={takeOffline}
                  slug={slug}
                  label="The same file"
                  accept=".json"
                  submit="Wipe once more"
                  done="The key is wiped here"
                  danger
                />
              </div>
            </Disclosure>
          </div>
        )}
      </div>
    </Card>
  )
}
