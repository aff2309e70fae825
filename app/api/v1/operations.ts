/** The API about itself: a plain index and the OpenAPI document, both without a key. */
import { z } from 'zod'
import { operation } from '@/app/api/_operation'

export const describeApi = operation({
  id: 'describeApi',
  method: 'GET',
  path: '/',
  tag: 'Description',
  summary: 'What there is',
  description: 'Every operation in one line. Needs no key.',
  access: 'public',
  rate: 'read',
  answer: {
    status: 200,
    description: 'The index.',
    schema: z
      .object({
        name: z.string(),
        documentation: z.string(),
        operations: z.array(z.object({ method: z.string(), path: z.string(), summary: z.string() })),
      })
      .meta({ id: 'Index' }),
    example: {
      name: 'Latchkey API',
      documentation: '/api/v1/openapi.json',
      operations: [{ method: 'GET', path: '/api/v1/me', summary: 'Who this key is' }],
    },
  },
})

export const describeApiInFull = operation({
  id: 'describeApiInFull',
  method: 'GET',
  path: '/openapi.json',
  tag: 'Description',
  summary: 'The OpenAPI document',
  description: 'This document: OpenAPI 3.1, written from the very schemas that check each request. Needs no key.',
  access: 'public',
  rate: 'read',
  answer: {
    status: 200,
    description: 'The document.',
    schema: z.record(z.string(), z.unknown()),
    example: { openapi: '3.1.1' },
  },
})
