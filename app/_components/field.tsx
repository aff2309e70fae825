/** Form fields: label, control, hint and error, tied together for screen readers. Native controls throughout. */
'use client'

import { ChevronDown } from 'lucide-react'
import { type ComponentProps, type ReactNode, useId } from 'react'
import { cx } from './cx'

const CONTROL =
  'w-full rounded-md border border-control bg-surface text-base text-ink transition-colors hover:border-muted ' +
  'aria-invalid:border-bad disabled:cursor-not-allowed disabled:bg-sunken disabled:text-muted'

interface FieldText {
  label: ReactNode
  hint?: ReactNode
  error?: string | undefined
  /** The label is there for screen readers alone, where the surroundings say it to the eye. */
  labelHidden?: boolean
}

interface Described {
  id: string
  'aria-describedby'?: string
  'aria-invalid'?: true
}

export function Field({
  label,
  hint,
  error,
  labelHidden,
  children,
}: FieldText & { children: (control: Described) => ReactNode }) {
  const id = useId()
  const note = error ?? hint
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className={labelHidden ? 'sr-only' : 'w-fit text-sm font-medium'}>
        {label}
      </label>
      {children({
        id,
        ...(note ? { 'aria-describedby': `${id}-note` } : {}),
        ...(error ? { 'aria-invalid': true as const } : {}),
      })}
      {note && (
        <p id={`${id}-note`} className={cx('text-sm', error ? 'text-bad' : 'text-muted')}>
          {note}
        </p>
      )}
    </div>
  )
}

/** `aside` lies over the end of the control, such as a button that shows a password. */
export function TextField({
  label,
  hint,
  error,
  labelHidden,
  aside,
  className,
  ...rest
}: ComponentProps<'input'> & FieldText & { aside?: ReactNode }) {
  return (
    <Field {...{ label, hint, error, labelHidden: labelHidden ?? false }}>
      {(control) => (
        <span className="relative block">
          <input className={cx(CONTROL, 'h-9 px-3', className)} {...rest} {...control} />
          {aside}
        </span>
      )}
    </Field>
  )
}

export function TextArea({ label, hint, error, className, ...rest }: ComponentProps<'textarea'> & FieldText) {
  return (
    <Field {...{ label, hint, error }}>
      {(control) => <textarea className={cx(CONTROL, 'min-h-16 px-3 py-2', className)} {...rest} {...control} />}
    </Field>
  )
}

export function SelectField({
  label,
  hint,
  error,
  labelHidden,
  className,
  children,
  ...rest
}: ComponentProps<'select'> & FieldText) {
  return (
    <Field {...{ label, hint, error, labelHidden: labelHidden ?? false }}>
      {(control) => (
        <span className="relative block">
          <select className={cx(CONTROL, 'h-9 appearance-none pr-8 pl-3', className)} {...rest} {...control}>
            {children}
          </select>
          <ChevronDown className="pointer-events-none absolute top-2.5 right-2.5 size-4 text-muted" aria-hidden />
        </span>
      )}
    </Field>
  )
}

interface ChoiceProps extends Omit<ComponentProps<'input'>, 'title'> {
  title: ReactNode
  description?: ReactNode
  /** What it switches on weakens something: amber instead of the colour of a good choice. */
  caution?: boolean
}

/** A checkbox or radio button with room for an explanation; all of it is the target. */
export function Choice({ title, description, caution = false, type = 'checkbox', className, ...rest }: ChoiceProps) {
  const id = useId()
  return (
    <label
      htmlFor={id}
      className={cx(
        'flex gap-3 rounded-md border border-line bg-surface p-3 transition-colors hover:bg-hover',
        caution
          ? 'has-checked:border-warn-line has-checked:bg-warn-soft'
          : 'has-checked:border-accent has-checked:bg-accent-soft',
        'has-disabled:cursor-not-allowed has-disabled:opacity-60',
        'has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent',
        className,
      )}
    >
      <input
        id={id}
        type={type}
        className={cx('mt-0.5 size-4 shrink-0 outline-none', caution ? 'accent-warn' : 'accent-accent')}
        {...rest}
      />
      <span className="grid content-start gap-0.5">
        <span className="font-medium">{title}</span>
        {description && <span className="text-sm text-muted">{description}</span>}
      </span>
    </label>
  )
}

interface ChoiceListProps<Value extends string> {
  legend: string
  name: string
  choices: readonly { value: Value; title: string; description: string }[]
  chosen?: Value
  error?: string | undefined
}

/** One of several, close together: radio buttons whose explanations make them long. */
export function ChoiceList<Value extends string>({ legend, name, choices, chosen, error }: ChoiceListProps<Value>) {
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1.5 text-sm font-medium">{legend}</legend>
      <div className="isolate -space-y-px">
        {choices.map(({ value, title, description }) => (
          <Choice
            key={value}
            type="radio"
            name={name}
            value={value}
            defaultChecked={value === chosen}
            required
            title={title}
            description={description}
            className="relative rounded-none px-3 py-2 first:rounded-t-md last:rounded-b-md has-checked:z-1 has-focus-visible:z-2"
          />
        ))}
      </div>
      {error && <p className="mt-1.5 text-sm text-bad">{error}</p>}
    </fieldset>
  )
}
