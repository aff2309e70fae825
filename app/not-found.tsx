/** 404 for addresses outside the portal. */
import { ButtonLink } from './_components/button'
import { CentredPage } from './_components/centred-page'

export default function NotFound() {
  return (
    <CentredPage title="There is nothing here">
      <p className="text-muted">The address may be mistyped, or what it named has moved.</p>
      <ButtonLink href="/" variant="primary" className="mt-5">
        Go to Latchkey
      </ButtonLink>
    </CentredPage>
  )
}
