/** /hooks/{connector} */
import { deviceRoute } from '@/app/api/_device'

export const dynamic = 'force-dynamic'

export {
  deviceRoute as DELETE,
  deviceRoute as GET,
  deviceRoute as HEAD,
  deviceRoute as OPTIONS,
  deviceRoute as PATCH,
  deviceRoute as POST,
  deviceRoute as PUT,
}
