/** The end of the set-up: what still keeps a real device off the network, or that nothing does. */
import { CircleCheck, TriangleAlert } from 'lucide-react'
import { Card } from '@/app/_components/card'
import { TextLink } from '@/app/_components/row-link'
import type { Obstacle } from './standing'

export function ObstaclesCard({ obstacles }: { obstacles: Obstacle[] }) {
  return (
    <Card
      title="What still keeps a real device out"
      description="From its certificate to the network, if a RADIUS server asks Latchkey."
    >
      {obstacles.length === 0 ? (
        <p className="flex gap-3">
          <CircleCheck className="mt-0.5 size-4.5 shrink-0 text-ok" aria-hidden />
          Nothing that Latchkey knows of.
        </p>
      ) : (
        <ul className="grid gap-4">
          {obstacles.map(({ text, href, go }) => (
            <li key={text} className="flex gap-3">
              <TriangleAlert className="mt-0.5 size-4.5 shrink-0 text-warn" aria-hidden />
              <div className="min-w-0">
                <p className="wrap-anywhere">{text}</p>
                <p className="text-sm">
                  <TextLink href={href}>{go}</TextLink>
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
