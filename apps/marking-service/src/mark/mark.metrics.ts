import type { Metrics } from '@hub-export/http-edge';
import { Counter } from 'prom-client';
import type { MarkAction } from './mark.js';

/** Counts marks by what became of them. */
export class MarkMetrics {
  private readonly marks: Counter<'command' | 'outcome' | 'code'>;

  constructor({ registry }: Metrics) {
    this.marks = new Counter({
      name: 'marking_marks_total',
      help: 'Marks and unmarks by outcome; a refused one by its code.',
      labelNames: ['command', 'outcome', 'code'],
      registers: [registry],
    });
  }

  count(command: MarkAction, { outcome, code = '' }: { readonly outcome: string; readonly code?: string }): void {
    this.marks.inc({ command, outcome, code });
  }
}
