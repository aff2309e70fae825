/** /cgi-bin/pkiclient.exe: the path RFC 8894 §4.1 assumes when a client knows no other. */
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
