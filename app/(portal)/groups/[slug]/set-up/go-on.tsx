/** The end of a step: what was changed is saved on the way; the way on without it is there only where nothing was. */
import { ArrowRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { ButtonLink } from '@/app/_components/button'

/** From a step to the next one. */
export interface GoOn {
  href: string
  title: string
  /** The page of the group, where all of it stays. */
  leave: string
}

/** `children` are the buttons that save; without them there is nothing to save. */
export function GoOnButtons({ goOn, look = 'secondary', children }: GoOnButtonsProps) {
  return (
    <div className="flex flex-wrap justify-end gap-2">
      <ButtonLink href={goOn.leave} variant="quiet">
        Leave the rest for later
      </ButtonLink>
      {children || (
        <ButtonLink href={goOn.href} variant={look}>
          Next: {goOn.title}
          <ArrowRight aria-hidden />
        </ButtonLink>
      )}
    </div>
  )
}

interface GoOnButtonsProps {
  goOn: GoOn
  look?: 'primary' | 'secondary'
  children?: ReactNode
}
