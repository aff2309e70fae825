/**
 * A drawing, told as data and put into SVG in one piece. The server works out where everything is; were it to write the elements
 * as well, React would send those of a long page in parts, and hide each part of an SVG by an inline style until it is in its
 * place, which our content security policy rightly forbids.
 */
'use client'

import { createElement, type ReactNode } from 'react'

export interface Mark {
  tag: 'a' | 'circle' | 'defs' | 'g' | 'line' | 'pattern' | 'rect' | 'text' | 'title'
  /** By React's names of attributes. */
  is: Readonly<Record<string, string | number>>
  holds?: readonly Mark[] | string
}

interface DrawingProps {
  width: string | number
  height: number
  className?: string
  marks: readonly Mark[]
}

/** It says nothing to screen readers: what it shows is said beside it. */
export function Drawing({ width, height, className, marks }: DrawingProps) {
  return (
    <svg aria-hidden width={width} height={height} className={className}>
      {marks.map(drawn)}
    </svg>
  )
}

function drawn({ tag, is, holds }: Mark, key: number): ReactNode {
  return createElement(tag, { ...is, key }, typeof holds === 'string' ? holds : holds?.map(drawn))
}
