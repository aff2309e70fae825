/** What the form for one device may say. Name and choices are judged by the service. */
import { z } from 'zod'

const wish = z.string().trim().max(300).optional()

export const DeviceProfileSchema = z.strictObject({
  slug: z.string().min(1).max(100),
  subject: z.string().trim().min(1, 'Name the device.').max(500),
  ssid: wish,
  radius: wish,
})
