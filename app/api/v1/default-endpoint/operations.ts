/** The default endpoint: where clients lead that cannot name one. */
import { z } from 'zod'
import { slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const Named = z.object({ slug: z.string(), name: z.string() })
const DefaultEndpoint = z
  .object({
    endpoint: Named.extend({ group: Named }).nullable().meta({ description: 'Null: those paths answer 404.' }),
    chosen: z.boolean().meta({ description: 'False: it is the only endpoint there is, or there is none.' }),
    urls: z.array(z.string()).meta({ description: 'What such clients ask.' }),
  })
  .meta({ id: 'DefaultEndpoint' })

const example = {
  endpoint: { slug: 'staff', name: 'Staff', group: { slug: 'staff', name: 'Staff' } },
  chosen: true,
  urls: ['https://portal.example/certsrv/mscep/mscep.dll', 'https://portal.example/cgi-bin/pkiclient.exe'],
}

export const getDefaultEndpoint = operation({
  id: 'getDefaultEndpoint',
  method: 'GET',
  path: '/default-endpoint',
  tag: 'Endpoints',
  summary: 'Read where clients lead that cannot name an endpoint',
  description: 'The chosen endpoint; while none is chosen, the only one there is.',
  access: 'endpoint:read',
  rate: 'read',
  answer: { status: 200, description: 'The endpoint.', schema: DefaultEndpoint, example },
})

export const chooseDefaultEndpoint = operation({
  id: 'chooseDefaultEndpoint',
  method: 'PATCH',
  path: '/default-endpoint',
  tag: 'Endpoints',
  summary: 'Choose where clients lead that cannot name an endpoint',
  description: 'Holds within a second. Null chooses none: then the only endpoint there is answers, or nobody.',
  access: 'endpoint:update',
  rate: 'change',
  body: z.strictObject({ endpoint: slug.nullable() }).meta({ id: 'DefaultEndpointChange' }),
  bodyExample: { endpoint: 'staff' },
  answer: { status: 200, description: 'The endpoint as it is now.', schema: DefaultEndpoint, example },
})
