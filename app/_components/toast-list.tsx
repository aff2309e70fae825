/** The toasts on the screen: announced to screen readers, gone by themselves. */
'use client'

import { Toast } from '@base-ui/react/toast'
import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { useEffect } from 'react'
import { takeToasts } from './toast-queue'

const manager = Toast.createToastManager()
/** Problems stay long enough to be read twice. */
const PROBLEM = { priority: 'high', timeout: 10_000 } as const

export default function ToastList() {
  // The list listens to its manager by then: effects of children run first.
  useEffect(() => takeToasts((words) => manager.add(words.type === 'problem' ? { ...words, ...PROBLEM } : words)), [])
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="fixed inset-x-4 bottom-4 z-50 mx-auto flex max-w-96 flex-col-reverse gap-2 sm:right-6 sm:bottom-6 sm:left-auto sm:w-96">
          <ToastRows />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function ToastRows() {
  const { toasts } = Toast.useToastManager()
  return toasts.map((item) => (
    <Toast.Root
      key={item.id}
      toast={item}
      swipeDirection={['right', 'down']}
      className="rounded-lg border border-line bg-raised shadow-popup transition-[opacity,translate] duration-200 data-ending-style:translate-y-2 data-ending-style:opacity-0 data-limited:hidden data-starting-style:translate-y-2 data-starting-style:opacity-0"
    >
      <Toast.Content className="flex items-start gap-3 p-3">
        {item.type === 'problem' ? (
          <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
        ) : (
          <CircleCheck className="mt-0.5 size-4 shrink-0 text-ok" aria-hidden />
        )}
        <div className="min-w-0 flex-1">
          <Toast.Title className="text-base font-medium" />
          <Toast.Description className="text-sm text-muted" />
        </div>
        <Toast.Close aria-label="Dismiss" className="-m-1 rounded p-1 text-muted hover:bg-hover hover:text-ink">
          <X className="size-4" aria-hidden />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ))
}
