/** Short answers on their way to the screen: what shows them is loaded with the first one, and finds it here. */

export interface ToastWords {
  type: 'done' | 'problem'
  title: string
  description?: string
}

export function toast(title: string, description?: string) {
  send({ type: 'done', title, ...(description === undefined ? {} : { description }) })
}

export function toastProblem(title: string, description?: string) {
  send({ type: 'problem', title, ...(description === undefined ? {} : { description }) })
}

const waiting: ToastWords[] = []
let show: ((words: ToastWords) => void) | undefined
let wake: (() => void) | undefined

function send(words: ToastWords) {
  if (show) return show(words)
  waiting.push(words)
  wake?.()
}

/** For what shows them: it gets what waited for it. Returns how to take leave. */
export function takeToasts(to: (words: ToastWords) => void): () => void {
  show = to
  for (const words of waiting.splice(0)) to(words)
  return () => {
    show = undefined
  }
}

/** Called when there is one and nothing to show it, at once if one waits already. Returns how to stop listening. */
export function whenToastWaits(call: () => void): () => void {
  wake = call
  if (waiting.length > 0) call()
  return () => {
    wake = undefined
  }
}
