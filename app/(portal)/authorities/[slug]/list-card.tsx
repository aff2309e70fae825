/** The revocation list of a root whose key is elsewhere: made there, imported here, served from here. */
import { Card } from '@/app/_components/card'
import type { AuthorityView } from '@/lib/services/groups'
import { importCrl } from '../actions'
import { FileForm } from './file-form'

export function ListCard({ authority, mayManage }: { authority: AuthorityView; mayManage: boolean }) {
  return (
    <Card
      title="Import its revocation list"
      description="Servers that check the whole chain refuse every device once the root's list has ended. Bring a new one well before."
    >
      {mayManage && authority.key === 'elsewhere' ? (
        <FileForm
          action={importCrl}
          slug={authority.slug}
          label="Revocation list"
          accept=".crl,.pem,.der"
          hint="PEM or DER, the whole list. Issuers that it names are revoked here too, and their endpoints switched off."
          submit="Import list"
          done="Revocation list imported"
        />
      ) : (
        <p className="text-muted">
          {authority.key === 'offline'
            ? 'Its key was taken offline here: bring it back, and the next list is made by itself.'
            : 'An administrator imports it here.'}
        </p>
      )}
    </Card>
  )
}
