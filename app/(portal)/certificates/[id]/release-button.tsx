/** Ends a hold: the one revocation that can be undone. */
import { ConfirmAction } from '@/app/_components/confirm-action'
import { releaseCertificate } from '@/app/(portal)/certificates/actions'

export function ReleaseButton({ id, name }: { id: string; name: string }) {
  return (
    <ConfirmAction
      action={releaseCertificate}
      values={{ id }}
      label="Release"
      variant="secondary"
      title={`Release ${name || 'this certificate'}?`}
      confirm="Release certificate"
      done="Certificate released"
      harmless
    >
      <p>It counts again at once, and leaves the next revocation list.</p>
    </ConfirmAction>
  )
}
