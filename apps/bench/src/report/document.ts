/** Where the document has the table of the rows, and that of growth. */
export type TablePlace = '--write' | '--growth --write';

const END = '<!-- end of table -->';

/**
 * The document with another table between the two marks of its place.
 * @param make the new table, given what stood there
 * @throws where a mark is missing, since then nobody knows where the table belongs
 */
export function withTable(document: string, place: TablePlace, make: (before: string) => string): string {
  const mark = `<!-- table: npm run bench -- ${place} -->`;
  const begin = document.indexOf(mark);
  const end = document.indexOf(END, begin);
  if (begin < 0 || end < begin) throw new Error('The document has no place for the table.');
  return `${document.slice(0, begin)}${mark}\n\n${make(document.slice(begin, end))}\n\n${document.slice(end)}`;
}
