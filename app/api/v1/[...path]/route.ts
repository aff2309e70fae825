/** Any other path below /api/v1: a problem document instead of a page. */
import { unknownPath } from '@/app/api/_door'

export const dynamic = 'force-dynamic'

export {
  unknownPath as DELETE,
  unknownPath as GET,
  unknownPath as HEAD,
  unknownPath as OPTIONS,
  unknownPath as PATCH,
  unknownPath as POST,
  unknownPath as PUT,
}
