/** Log lines of the API: a fixed set of fields, one JSON line each, never a body, a header or a query. */

const LONGEST = 2_048

/** An unexpected fault, under the id its caller was given. */
export function logFault(operation: string, requestId: string, error: unknown): void {
  const fault = error instanceof Error ? error : new Error('something thrown that is no Error')
  const line = {
    time: new Date().toISOString(),
    level: 'error',
    event: 'api.fault',
    operation,
    requestId,
    name: fault.name,
    code: 'code' in fault && typeof fault.code === 'string' ? fault.code : undefined,
    // The frames and not the message: a database error quotes the values of its statement.
    frames: fault.stack
      ?.split('\n')
      .filter((text) => /^ {4}at /.test(text))
      .join('\n')
      .slice(0, LONGEST),
  }
  console.error(JSON.stringify(line))
}
