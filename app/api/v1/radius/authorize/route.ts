/** /api/v1/radius/authorize behind plain Next: the same function as in the front process. */
import { deviceRoute } from '@/app/api/_device'
import { apiResource } from '@/app/api/_door'
import { authorizeAccess } from './operations'

export const dynamic = 'force-dynamic'

const authorize = Object.assign((request: Request) => deviceRoute(request), { operation: authorizeAccess })

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = apiResource({ POST: authorize })
