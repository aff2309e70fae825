/** For an operator alone: every group, or some. What is chosen here counts for no other role. */
import { Choice, ChoiceList } from '@/app/_components/field'
import type { GroupName } from '@/lib/services/access'

const REACHES = [
  { value: 'all', title: 'Every group', description: 'Those that will be created, too.' },
  {
    value: 'some',
    title: 'Only some groups',
    description: 'They see, mint, approve and revoke there, and nothing of other groups or of the installation.',
  },
] as const

interface GroupChoicesProps {
  groups: readonly GroupName[]
  /** Those that are chosen already; null for every group. */
  chosen: readonly GroupName[] | null
  error: string | undefined
}

/** Stands in a form of the class `group/role`, beside the choice of the role. */
export function GroupChoices({ groups, chosen, error }: GroupChoicesProps) {
  if (groups.length === 0) return <input type="hidden" name="reach" value="all" />
  return (
    <div className="group/reach hidden gap-3 group-has-[[name=role][value=operator]:checked]/role:grid">
      <ChoiceList legend="Groups" name="reach" choices={REACHES} chosen={chosen ? 'some' : 'all'} error={error} />
      <fieldset className="hidden min-w-0 gap-2 group-has-[[name=reach][value=some]:checked]/reach:grid">
        <legend className="sr-only">Which groups</legend>
        {groups.map(({ slug, name }) => (
          <Choice
            key={slug}
            name="groups[]"
            value={slug}
            title={name}
            defaultChecked={chosen?.some((each) => each.slug === slug) ?? false}
          />
        ))}
      </fieldset>
    </div>
  )
}
