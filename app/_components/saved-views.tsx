/** Views of a list that somebody kept, and the form that keeps the present one. */
'use client'

import { Bookmark, X } from 'lucide-react'
import Link from 'next/link'
import { useState } from 'react'
import { removeView, saveView } from '@/app/_lists/actions'
import { addressOf, type ListView } from '@/app/_lists/list-view'
import type { SavedView } from '@/lib/services/saved-views'
import { buttonClass, SubmitButton } from './button'
import { Dialog } from './dialog'
import { Choice, TextField } from './field'
import { FormProblem } from './form-problem'
import { TEXT_LINK } from './row-link'
import { toast } from './toasts'
import { useAction } from './use-action'

interface SavedViewsProps {
  view: ListView
  views: SavedView[]
  mayShare: boolean
}

export function SavedViews({ view, views, mayShare }: SavedViewsProps) {
  const [open, setOpen] = useState(false)
  const { state, pending, onSubmit, fieldError } = useAction(saveView, () => {
    setOpen(false)
    toast('View saved.')
  })
  const { path, name } = view.list
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      variant="quiet"
      size="small"
      label={
        <>
          <Bookmark aria-hidden />
          Views
        </>
      }
      title="Views"
      description="Filters, order and columns of this list under a name."
    >
      {views.length > 0 && (
        <ul className="mb-5 grid gap-1">
          {views.map((saved) => (
            <li key={saved.id} className="flex items-center gap-2">
              <Link
                href={saved.query === '' ? path : `${path}?${saved.query}`}
                prefetch={false}
                className={TEXT_LINK}
                onClick={() => setOpen(false)}
              >
                {saved.name}
              </Link>
              {saved.shared && (
                <span className="text-sm text-muted">
                  {saved.by === null ? 'shared by you' : `shared by ${saved.by}`}
                </span>
              )}
              {saved.removable && <RemoveView view={saved} />}
            </li>
          ))}
        </ul>
      )}
      <form onSubmit={onSubmit} className="grid gap-4">
        <input type="hidden" name="list" value={name} />
        <input type="hidden" name="query" value={addressOf(view).split('?')[1] ?? ''} />
        <TextField
          name="name"
          label="Name of the present view"
          hint="A view of yours that has this name already is replaced."
          maxLength={60}
          required
          error={fieldError('name')}
        />
        {mayShare && (
          <Choice
            name="shared"
            title="For everybody"
            description="All who may see this list find it among their views."
          />
        )}
        <FormProblem state={state} />
        <div className="flex justify-end">
          <SubmitButton pending={pending}>Save view</SubmitButton>
        </div>
      </form>
    </Dialog>
  )
}

function RemoveView({ view }: { view: SavedView }) {
  const { pending, onSubmit, state } = useAction(removeView, () => toast('View removed.'))
  return (
    <form onSubmit={onSubmit} className="ml-auto flex items-center gap-2">
      <FormProblem state={state} />
      <input type="hidden" name="id" value={view.id} />
      <button
        type="submit"
        disabled={pending}
        aria-label={`Remove ${view.name}`}
        className={buttonClass('quiet', 'small')}
      >
        <X aria-hidden />
      </button>
    </form>
  )
}
