import type { Sort } from './resource-list.js';

/** Whether a cursor's text is a key of this sort: what the database would not read is no cursor of ours. */
export function isSortKey(sort: Sort, text: string): boolean {
  switch (sort) {
    case 'created_at':
      return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/.test(text) && !Number.isNaN(Date.parse(text));
    case 'changed_at':
    case 'local_id':
      return /^-?\d{1,16}$/.test(text);
    case 'status':
      return /^\d$/.test(text);
    case 'kind':
    case 'center':
    case 'anonymization_state':
      return !text.includes('\0');
  }
}
