/** Something the person at the terminal has to act on; its message is all that is shown. */
export class StackError extends Error {
  override readonly name = 'StackError';
}
