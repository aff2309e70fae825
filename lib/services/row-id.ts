import { randomUUIDv7 } from 'node:crypto'

/**
 * A UUID that rises with time (RFC 9562 §5.7), for what comes by the thousand: rows of the same moment then stand side by side
 * in every index that knows them, however many there were before. It says when it was made and is nobody's secret.
 */
export const newRowId = (): string => randomUUIDv7()
