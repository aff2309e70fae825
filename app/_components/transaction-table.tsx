/** Enrolment attempts as rows. */
import { nameOfClient } from './name-of-client'
import { TransactionRows, type TransactionRowsProps } from './transaction-rows'

/** The catalogue of clients stays on the server: the browser gets their names. */
export function TransactionTable({ transactions, ...rest }: TransactionRowsProps) {
  const named = transactions.map((each) => ({ ...each, client: nameOfClient(each.client) }))
  return <TransactionRows transactions={named} {...rest} />
}
