/** From a connector to what it is for: its devices, and what becomes of their certificates. */
import { Card } from '@/app/_components/card'
import { TextLink } from '@/app/_components/row-link'

export function DevicesCard({ slug }: { slug: string }) {
  return (
    <Card title="Devices" action={<TextLink href={`/devices?connector=${slug}`}>Those it knows</TextLink>}>
      <p className="text-muted">
        What becomes of their certificates is said by the device rules of each <TextLink href="/groups">group</TextLink>
        . How many may lose them within an hour is said by its{' '}
        <TextLink href={`/devices/brake#${slug}`}>brake</TextLink>.
      </p>
    </Card>
  )
}
