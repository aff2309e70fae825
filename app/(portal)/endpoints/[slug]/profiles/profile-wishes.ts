/** The choices about an endpoint's profiles, as they stand in the URL. */
import { withParameters } from '@/app/_components/search-parameters'
import { PROFILE_WISHES, type ProfileWishes } from '@/lib/services/mdm-profile-choices'

/** Without `chosen` the form was not used yet: then what is empty is not wished away. */
export const PROFILE_PARAMETERS = [...PROFILE_WISHES, 'chosen', 'platform'] as const
export type ProfileParameters = Partial<Record<(typeof PROFILE_PARAMETERS)[number], string>>

export function wishesOf({ chosen, platform: _, ...wishes }: ProfileParameters): ProfileWishes {
  return { ...wishes, ...(chosen ? { ssid: wishes.ssid ?? '' } : {}) }
}

export function withWishes(path: string, parameters: ProfileParameters): string {
  return withParameters(path, parameters)
}
