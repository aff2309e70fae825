/** The three ways in: a root of your own, an issuer that somebody else signs, and a PKCS#12 with its key. */
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { PageHeader } from '@/app/_components/page-header'
import { requireActor } from '@/app/_session'
import { Pkcs12Form } from './pkcs12-form'
import { RequestForm } from './request-form'
import { RootForm } from './root-form'

export const metadata: Metadata = { title: 'Import or request an authority' }

export default async function ImportAuthorityPage() {
  await requireActor('authority:manage')
  return (
    <div className="max-w-3xl">
      <PageHeader
        help="authorities"
        title="Import or request an authority"
        description="Bring the root or the issuers that your organisation has already. Each certificate is checked before anything is kept."
        trail={[{ href: '/authorities', text: 'Authorities' }]}
      />
      <div className="grid gap-5">
        <Card
          title="A root whose key stays where it is"
          description="Its certificate alone. Issuers are then signed by it elsewhere, and its revocation lists are imported."
        >
          <RootForm />
        </Card>
        <Card
          title="An issuer that is signed elsewhere"
          description="The key is made here and never leaves. You get a request (CSR), have it signed, and bring the certificate."
        >
          <RequestForm />
        </Card>
        <Card
          title="A root or an issuer with its key"
          description="As PKCS#12 (.p12 or .pfx). The key goes straight into the signer and is encrypted there."
        >
          <Pkcs12Form />
        </Card>
      </div>
    </div>
  )
}
