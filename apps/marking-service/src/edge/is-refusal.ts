import { Refusal } from '@hub-export/event-sourcing';

/** A rule said no; its code is a text, which `instanceof` alone does not tell the compiler. */
export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Refusal;
}
