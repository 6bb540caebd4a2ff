/** Ends a switch over a union: the compiler proves it is never reached, and a lie of the types surfaces here. */
export function unreachable(value: never): never {
  throw new Error(`Unreachable: ${(value as { type?: string }).type ?? typeof value}`);
}
