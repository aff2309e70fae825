/** Mark and name, the way home. */
import Link from 'next/link'
import { Logo } from './logo'

export function Brand() {
  return (
    <Link href="/" prefetch={false} className="flex w-fit items-center gap-2.5 rounded-md">
      <Logo className="size-7" />
      <span className="text-lg font-semibold tracking-tight">Latchkey</span>
    </Link>
  )
}
