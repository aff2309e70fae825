/** Buttons, and links that look like them: one primary per view, danger only where something ends. */
import { LoaderCircle } from 'lucide-react'
import Link from 'next/link'
import type { ComponentProps } from 'react'
import { cx } from './cx'

export type ButtonVariant = 'primary' | 'secondary' | 'quiet' | 'danger' | 'danger-quiet'
export type ButtonSize = 'medium' | 'small'

const VARIANTS: Record<ButtonVariant, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong shadow-card',
  secondary: 'border border-edge bg-surface text-ink hover:bg-hover shadow-card',
  quiet: 'text-muted hover:bg-hover hover:text-ink',
  danger: 'bg-danger text-on-danger hover:bg-danger-strong shadow-card',
  'danger-quiet': 'border border-edge bg-surface text-bad hover:border-bad-line hover:bg-bad-soft shadow-card',
}

const SIZES: Record<ButtonSize, string> = {
  medium: 'h-9 px-3.5 text-base',
  small: 'h-8 px-2.5 text-sm',
}

export function buttonClass(variant: ButtonVariant = 'secondary', size: ButtonSize = 'medium', more?: string): string {
  return cx(
    'relative inline-flex shrink-0 items-center justify-center gap-2 rounded-md font-medium whitespace-nowrap select-none',
    'transition-colors duration-100 disabled:cursor-not-allowed disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0',
    VARIANTS[variant],
    SIZES[size],
    more,
  )
}

interface Look {
  variant?: ButtonVariant
  size?: ButtonSize
}

export function Button({ variant, size, className, type = 'button', ...rest }: ComponentProps<'button'> & Look) {
  return <button type={type} className={buttonClass(variant, size, className)} {...rest} />
}

/** Keeps its width while it works: the spinner lies over the words. */
export function SubmitButton({ pending, children, ...rest }: ComponentProps<typeof Button> & { pending: boolean }) {
  return (
    <Button type="submit" variant="primary" disabled={pending} aria-busy={pending} {...rest}>
      <span className={cx('inline-flex items-center gap-2', pending && 'opacity-0')}>{children}</span>
      {pending && (
        <span className="absolute">
          <LoaderCircle className="animate-spin" aria-hidden />
          <span className="sr-only">Working</span>
        </span>
      )}
    </Button>
  )
}

export function ButtonLink({ variant, size, className, ...rest }: ComponentProps<typeof Link> & Look) {
  return <Link prefetch={false} className={buttonClass(variant, size, className)} {...rest} />
}
