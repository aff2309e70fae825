/** Short answers to what was just done. What shows them is loaded with the first one: most pages never need it. */
'use client'

import { lazy, Suspense, useEffect, useState } from 'react'
import { whenToastWaits } from './toast-queue'

export { toast, toastProblem } from './toast-queue'

const ToastList = lazy(() => import('./toast-list'))

export function Toasts() {
  const [wanted, setWanted] = useState(false)
  useEffect(() => whenToastWaits(() => setWanted(true)), [])
  return <Suspense>{wanted && <ToastList />}</Suspense>
}
