/** Jamf Pro's answers that are no success: an envelope, or a page of the Classic API. */
import { errorBody } from './jamf-faults'

/** An answer that is no success. */
export class Answer extends Error {
  constructor(
    readonly status: number,
    readonly body: string,
    readonly headers: Record<string, string> = { 'content-type': 'application/json' },
  ) {
    super(`${status}`)
  }
}

export const failure = (status: number, code: string, description: string, id = '0') =>
  new Answer(status, errorBody(status, code, description, id))
/** The Classic API answers every error with a page. */
export const page = (status: number, title: string) =>
  new Answer(status, `<html><head><title>Status page</title></head><body><p>${title}</p></body></html>`, {
    'content-type': 'text/html;charset=UTF-8',
  })
