/** The lease under which a transfer is in one hand. */
export function transferLease(transferId: string): string {
  return `transfer:${transferId}`;
}
