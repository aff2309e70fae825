/** 403 outside the portal's frame. */
import { ButtonLink } from './_components/button'
import { CentredPage } from './_components/centred-page'

export default function Forbidden() {
  return (
    <CentredPage title="Your role does not include this page">
      <p className="text-muted">Ask an administrator if you need it for your work. The attempt has been recorded.</p>
      <ButtonLink href="/" variant="primary" className="mt-5">
        Go to Latchkey
      </ButtonLink>
    </CentredPage>
  )
}
